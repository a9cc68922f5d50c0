// Sends one trace over HTTP and one over gRPC with the official OpenTelemetry client of Go.
// Arguments: host:port of OTLP over HTTP, host:port of OTLP over gRPC.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func send(name string, exporter sdk.SpanExporter) string {
	ctx := context.Background()
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "client-go"))),
	)
	tracer := provider.Tracer("kit", trace.WithInstrumentationVersion("4.5.6"))
	start := time.Now().Add(-time.Minute)
	_, span := tracer.Start(ctx, "sample", trace.WithTimestamp(start), trace.WithAttributes(
		attribute.String("pegbar.request.id", "go-"+name),
		attribute.String("pegbar.stage", "generate"),
		attribute.Int64("gen_ai.request.seed", 9223372036854775807),
		attribute.Bool("yes", true),
		attribute.Float64("fraction", 0.25),
		attribute.StringSlice("texts", []string{"a", "b"}),
	))
	span.AddEvent("inference_finished", trace.WithAttributes(attribute.Int("step", 20)))
	span.SetStatus(codes.Error, "sampling failed")
	span.End(trace.WithTimestamp(start.Add(1500 * time.Millisecond)))
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}
	return span.SpanContext().TraceID().String()
}

func main() {
	ctx := context.Background()
	overHTTP := must(otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(os.Args[1]), otlptracehttp.WithInsecure(),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression)))
	overGRPC := must(otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(os.Args[2]), otlptracegrpc.WithInsecure()))
	sent := map[string]string{"http": send("http", overHTTP), "grpc": send("grpc", overGRPC)}
	if err := json.NewEncoder(os.Stdout).Encode(sent); err != nil {
		panic(err)
	}
}
