/** A form at the left, the document that it makes and what belongs to it at the right. */
import type { ReactNode } from 'react';
import { Acts, Stack } from './acts.tsx';
import { Command } from './command.tsx';
import { Form, Refused } from './field.tsx';
import { Cell, Cells, Head } from './sheet.tsx';

interface DocumentFormProps {
  readonly title: string;
  /** Sent by `onSave`, shown beside the form. */
  readonly yaml: string;
  /** Name of the file in the command that applies it. */
  readonly file: string;
  readonly error: unknown;
  readonly onSave: (yaml: string) => void;
  /** Buttons under the fields. */
  readonly acts: ReactNode;
  readonly children: ReactNode;
  /** Above and under the document. */
  readonly before?: ReactNode;
  readonly after?: ReactNode;
}
export const DocumentForm = (props: DocumentFormProps) => (
  <Cells columns="minmax(0, 1fr) minmax(0, 460px)">
    <Cell>
      <Head title={props.title} unit="an empty field: the default holds" />
      <Form onSubmit={() => props.onSave(props.yaml)}>
        {props.children}
        <Refused error={props.error} />
        <Acts>{props.acts}</Acts>
      </Form>
    </Cell>
    <Cell>
      <Stack>
        {props.before}
        <Head title="As a document" unit={`pegbar apply -f ${props.file}`} />
        <Command plain text={props.yaml} />
        {props.after}
      </Stack>
    </Cell>
  </Cells>
);
