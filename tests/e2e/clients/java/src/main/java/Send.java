import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Sends one trace over HTTP and one over gRPC. Arguments: host:port of OTLP over HTTP, host:port over gRPC. */
public final class Send {
  public static void main(String[] args) {
    SpanExporter http =
        OtlpHttpSpanExporter.builder()
            .setEndpoint("http://" + args[0] + "/v1/traces")
            .setCompression("gzip")
            .build();
    SpanExporter grpc = OtlpGrpcSpanExporter.builder().setEndpoint("http://" + args[1]).build();
    System.out.printf(
        "{\"http\":\"%s\",\"grpc\":\"%s\"}%n", send("http", http), send("grpc", grpc));
  }

  private static String send(String name, SpanExporter exporter) {
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(exporter))
            .setResource(
                Resource.create(
                    Attributes.of(AttributeKey.stringKey("service.name"), "client-java")))
            .build();
    Instant start = Instant.now().minusSeconds(60);
    Span span =
        provider
            .tracerBuilder("kit")
            .setInstrumentationVersion("4.5.6")
            .build()
            .spanBuilder("sample")
            .setStartTimestamp(start)
            .setAttribute("pegbar.request.id", "java-" + name)
            .setAttribute("pegbar.stage", "generate")
            .setAttribute("gen_ai.request.seed", Long.MAX_VALUE)
            .setAttribute("yes", true)
            .setAttribute("fraction", 0.25)
            .setAttribute(AttributeKey.stringArrayKey("texts"), List.of("a", "b"))
            .startSpan();
    span.addEvent("inference_finished", Attributes.of(AttributeKey.longKey("step"), 20L));
    span.setStatus(StatusCode.ERROR, "sampling failed");
    span.end(start.plusMillis(1500));
    if (!provider.shutdown().join(20, TimeUnit.SECONDS).isSuccess()) {
      throw new IllegalStateException("the spans were not taken over " + name);
    }
    return span.getSpanContext().getTraceId();
  }
}
