/** No such page, and a page that the one who looks may not see. */
import type { Scope } from '@pegbar/contract/words';
import { ButtonLink } from '../parts/button.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Sheet } from '../parts/sheet.tsx';
import { Note } from '../parts/states.tsx';

export const Missing = ({ path }: { path: string }) => (
  <>
    <PageHead title="There is no such page" timeless />
    <Sheet label="No such page">
      <Note title={`Nothing is at ${path.slice(0, 120)}`} action={<ButtonLink href="/">Go home</ButtonLink>}>
        The address may be mistyped, or of another version. An id can be pasted into the search field above.
      </Note>
    </Sheet>
  </>
);

export const NotAllowed = ({ title, scope }: { title: string; scope: Scope }) => (
  <>
    <PageHead title={title} timeless />
    <Sheet label="Not permitted">
      <Note title="You may not see this" action={<ButtonLink href="/">Go home</ButtonLink>}>
        This page needs the scope {scope}. Ask whoever runs this server for a login or key that has it.
      </Note>
    </Sheet>
  </>
);
