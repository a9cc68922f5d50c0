/** What is said in place of a page that has a fault. */
import { Button } from '../parts/button.tsx';
import { Sheet } from '../parts/sheet.tsx';
import { Note } from '../parts/states.tsx';

export const Fault = ({ error }: { error: Error }) => (
  <Sheet label="Fault">
    <Note
      title="This page has a fault"
      crit
      action={<Button onClick={() => location.reload()}>Load it again</Button>}
    >
      {error.message}
    </Note>
  </Sheet>
);
