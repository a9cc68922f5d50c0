/** A trace by its id: that of its request where it has one, else spans alone. */
import type { PageProps } from '../../app/routes.ts';
import { Journey } from './journey.tsx';

export const Page = ({ params }: PageProps) => <Journey id={(params.id ?? '').toLowerCase()} of="trace" />;
