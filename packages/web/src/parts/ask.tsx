/** Asks before an act that cannot be taken back. */
import type { ReactNode } from 'react';
import { coming, OnDemand } from './on-demand.tsx';

const confirm = coming(() => import('./overlays.tsx').then((module) => module.Confirm));

export interface Question {
  readonly title: string;
  /** What it will do, named. */
  readonly effect: ReactNode;
  readonly act: string;
  readonly onAct: () => void;
}

export const Ask = ({ question, onClose }: { question: Question | null; onClose: () => void }) =>
  question === null ? null : <OnDemand of={confirm} props={{ ...question, onClose }} />;
