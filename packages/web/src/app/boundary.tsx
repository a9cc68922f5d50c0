/** A fault in one page leaves the rest standing; a page whose files do not come is opened as soon as they do. */
import { Component, lazy, type ReactNode, Suspense } from 'react';
import { after, memory, now, request } from '../base/browser.ts';

/** What browsers say of a file that did not come: the server is away, or has another build. */
const NO_FILE = /dynamically imported|importing a module|preload css/i;
const isMissing = (error: Error): boolean => NO_FILE.test(error.message);
const AGAIN_MS = 2_000;
/** Loading anew has not helped if it was so short ago. */
const HELPS_MS = 30_000;

/** In plain words until its looks have come, and where they do not. */
const Plain = ({ error }: { error: Error }) => (
  <p role="alert">
    {isMissing(error)
      ? 'This page cannot be opened now: the server does not answer. It opens by itself as soon as it does.'
      : `This page has a fault: ${error.message}`}
  </p>
);
const Fault = lazy(() =>
  import('./fault.tsx').then(
    (module) => ({ default: module.Fault }),
    () => ({ default: Plain }),
  ),
);

export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  private waiting: (() => void) | undefined;
  private gone = false;

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override componentDidCatch(error: Error): void {
    if (isMissing(error)) void this.again();
  }

  override componentWillUnmount(): void {
    this.gone = true;
    this.waiting?.();
  }

  private async again(): Promise<void> {
    const answer = await request('/healthz').catch(() => null);
    if (this.gone) return;
    if (answer === null || now() - Number(memory.get('anew')) < HELPS_MS) {
      this.waiting = after(AGAIN_MS, () => void this.again());
      return;
    }
    memory.set('anew', String(now()));
    location.reload();
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    if (isMissing(error)) return <Plain error={error} />;
    return (
      <Suspense fallback={<Plain error={error} />}>
        <Fault error={error} />
      </Suspense>
    );
  }
}
