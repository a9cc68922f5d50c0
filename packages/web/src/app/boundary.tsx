/** A fault in one page leaves the rest standing. */
import { Component, type ReactNode } from 'react';
import { Button } from '../parts/button.tsx';
import { Sheet } from '../parts/sheet.tsx';
import { Note } from '../parts/states.tsx';

export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
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
  }
}
