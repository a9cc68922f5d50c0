/** Asks before an act that cannot be taken back. */
import { lazy, type ReactNode, Suspense } from 'react';

const Confirm = lazy(() => import('./overlays.tsx').then(({ Confirm }) => ({ default: Confirm })));

export interface Question {
  readonly title: string;
  /** What it will do, named. */
  readonly effect: ReactNode;
  readonly act: string;
  readonly onAct: () => void;
}

export const Ask = ({ question, onClose }: { question: Question | null; onClose: () => void }) =>
  question === null ? null : (
    <Suspense fallback={null}>
      <Confirm {...question} onClose={onClose} />
    </Suspense>
  );
