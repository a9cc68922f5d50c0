/** Start: where a server that has nothing yet tells how to send it something. */
import { useMe } from '../../api/index.ts';
import { Command } from '../../parts/command.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';

export function Page() {
  const me = useMe().data;
  const line = `{"timestamp":'$(date +%s)'000,"request_id":"r-1","pipeline_stage":"generate","workload":"single_image","model":{"version":"v7"},"metrics":{"latency_ms":1840},"outcome":"succeeded"}`;
  return (
    <>
      <PageHead title="Send your first picture" sentence="Copy one line and watch it arrive." timeless />
      <Sheet label="Send with curl">
        <Cell>
          <Head title="curl" unit="one JSON object" />
          <Command
            text={`curl -s ${location.origin}/api/v1/events -H 'content-type: application/x-ndjson' --data-binary \\\n  '${line}'`}
          />
        </Cell>
        <Cell ruled>
          <Head title="OpenTelemetry" unit="any language" />
          <Command
            plain
            text={`export OTEL_EXPORTER_OTLP_ENDPOINT=${me?.otlp_http ?? ''}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`}
          />
        </Cell>
      </Sheet>
    </>
  );
}
