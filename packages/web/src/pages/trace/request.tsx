/** A request: where its time went, beside what the release before usually takes. */
import type { PageProps } from '../../app/routes.ts';
import { Journey } from './journey.tsx';

export const Page = ({ params }: PageProps) => <Journey id={params.id ?? ''} of="request" />;
