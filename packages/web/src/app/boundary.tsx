/** A fault in one page leaves the rest standing. */
import { Component, lazy, type ReactNode, Suspense } from 'react';

/** In plain words until its looks have come, and where they do not. */
const Plain = ({ error }: { error: Error }) => <p role="alert">This page has a fault: {error.message}</p>;
const Fault = lazy(() =>
  import('./fault.tsx').then(
    (module) => ({ default: module.Fault }),
    () => ({ default: Plain }),
  ),
);

export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Suspense fallback={<Plain error={error} />}>
        <Fault error={error} />
      </Suspense>
    );
  }
}
