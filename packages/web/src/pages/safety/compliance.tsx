/** What is known of consent and licence, what was redacted, who opted out. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type Facet, useFacets, useMay, useOptOuts, useTenants } from '../../api/index.ts';
import { formatCount, formatPercent } from '../../format/index.ts';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { useGo } from '../../url/index.ts';
import css from './safety.module.css';

const OF_PICTURES = ['consent', 'license'] as const;
const OF_STAGES = ['redactions'] as const;

export function Compliance() {
  const pictures = useFacets('images', { fields: OF_PICTURES });
  const stages = useFacets('stages', { fields: OF_STAGES });
  const { rows = 0, of = 0 } = pictures.data?.sample ?? {};
  const facet = (field: string): Facet | undefined =>
    pictures.data?.fields.find((one) => one.field === field);
  const wait = pictures.isPending ? <Loading height={120} label="Consent" /> : null;
  const failed = pictures.error ? (
    <Failed error={pictures.error} onRetry={() => void pictures.refetch()} />
  ) : null;
  return (
    <Sheet label="Compliance">
      <Cells columns={3}>
        <Cell flush>
          <Head alone title="Consent" unit="of pictures in this range" />
          {wait ?? failed ?? (
            <Shares label="Consent" field="consent" facet={facet('consent')} rows={rows} of={of} />
          )}
        </Cell>
        <Cell flush>
          <Head alone title="Licence" unit="of pictures in this range" />
          {wait ?? failed ?? (
            <Shares label="Licence" field="license" facet={facet('license')} rows={rows} of={of} />
          )}
        </Cell>
        <Cell>
          <Head title="Protection" />
          <div className={css.facts}>
            <Redactions
              facet={stages.data?.fields[0]}
              sample={stages.data?.sample}
              waiting={stages.isPending}
            />
            <People />
          </div>
        </Cell>
      </Cells>
    </Sheet>
  );
}

interface SharesProps {
  readonly label: string;
  readonly field: string;
  readonly facet: Facet | undefined;
  readonly rows: number;
  readonly of: number;
}
/** What was told, with its share; what was not told is a value of its own. */
function Shares({ label, field, facet, rows, of }: SharesProps) {
  const { link } = useGo();
  const one_in = rows === 0 ? 1 : of / rows;
  const lines = [
    ...(facet?.values ?? []).map(({ value, n }) => ({ value, n, told: true })),
    { value: 'not told', n: facet?.absent ?? rows, told: false },
  ].filter(({ n }) => n > 0);
  if (lines.length === 0)
    return (
      <Cell>
        <p className="small dimmer">No pictures in this range.</p>
      </Cell>
    );
  return (
    <Table
      label={label}
      rows={lines}
      keyOf={({ value, told }) => `${told} ${value}`}
      columns={[
        {
          id: 'value',
          title: 'State',
          cell: ({ value, told }) =>
            told ? (
              <Link href={link('/images', { filter: [`${field}=${value}`] })}>{value}</Link>
            ) : (
              <span className="dimmer">{value}</span>
            ),
        },
        {
          id: 'n',
          title: 'Pictures',
          right: true,
          cell: ({ n }) => formatCount(Math.round(n * one_in)),
        },
        {
          id: 'share',
          title: 'Share',
          right: true,
          cell: ({ n }) => <b>{formatPercent(rows === 0 ? null : n / rows)}</b>,
        },
      ]}
    />
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

function Redactions(props: {
  facet: Facet | undefined;
  sample: { rows: number; of: number } | undefined;
  waiting: boolean;
}) {
  const { facet, sample, waiting } = props;
  if (waiting) return <Loading height={40} label="Redactions" />;
  const touched = (facet?.values ?? []).reduce((sum, { n }) => sum + n, 0);
  const one_in = sample && sample.rows > 0 ? sample.of / sample.rows : 1;
  return (
    <dl>
      <Fact name="Redactions">
        {touched === 0
          ? 'Nothing had to be taken out of the prompts of this range.'
          : `Something was taken out of ${formatCount(Math.round(touched * one_in))} stages before they were stored.`}
      </Fact>
    </dl>
  );
}

/** What only administrators may list: the policy of each tenant, and who opted out. */
function People() {
  const admin = useMay('admin');
  const optOuts = useOptOuts(admin).data;
  const tenants = useTenants(admin).data;
  const { link } = useGo();
  if (!admin) return <p className="small dimmer">Policies and opt-outs are shown to administrators.</p>;
  const by = new Map<string, number>();
  for (const { policy } of tenants ?? []) by.set(policy.prompts, (by.get(policy.prompts) ?? 0) + 1);
  const policies = [...by].map(([policy, n]) => `${policy} at ${n}`).join(', ');
  return (
    <dl>
      <Fact name="Prompts">
        {policies === '' ? 'no tenant yet' : `${policies} of ${tenants?.length} tenants`}
      </Fact>
      <Fact name="Opt-outs">
        {optOuts === undefined || optOuts.length === 0 ? 'nobody' : `${formatCount(optOuts.length)} users`}
      </Fact>
      <div>
        <dt />
        <dd>
          <Link href={link('/admin', { section: 'privacy' })}>Privacy</Link>
        </dd>
      </div>
    </dl>
  );
}
