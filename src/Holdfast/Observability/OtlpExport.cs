using System.Collections;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Holdfast.Observability;

/// <summary>Sends metrics and traces over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; otherwise does nothing
/// and loads nothing. The SDK reads the other <c>OTEL_…</c> variables itself.</summary>
/// <param name="variables">The <c>OTEL_…</c> variables: <see cref="FromEnvironment"/>.</param>
internal sealed class OtlpExport(IReadOnlyDictionary<string, string?> variables, ILogger<OtlpExport> logger)
    : IHostedService
{
    /// <summary>The source of our traces.</summary>
    public const string TraceSource = "Holdfast";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // The SDK's types stay out of this class's own fields, so that its assemblies load only when the export starts.
    private IDisposable? _providers;

    public static IReadOnlyDictionary<string, string?> FromEnvironment()
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (entry.Key is string name && name.StartsWith("OTEL_", StringComparison.Ordinal))
            {
                variables[name] = (string?)entry.Value;
            }
        }

        return variables;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Variable(Endpoint) is not { } endpoint)
        {
            return Task.CompletedTask;
        }

        try
        {
            var protocol = Variable("OTEL_EXPORTER_OTLP_PROTOCOL") ?? DefaultProtocol(endpoint);
            _providers = Providers.Start(variables, protocol);
            logger.OtlpStarted(Redaction.Text(new Uri(endpoint).GetLeftPart(UriPartial.Path)), protocol);
        }
        catch (Exception e) when (
            e is FormatException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            // A wrong variable. Observing must never keep the gateway from starting.
            logger.OtlpFailed(Redaction.Text(e.Message));
        }

        return Task.CompletedTask;
    }

    /// <summary>Sends what is there, as long as the caller wants to wait.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_providers is { } providers)
        {
            await Task.Run(providers.Dispose, CancellationToken.None).WaitAsync(cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private string? Variable(string name) => variables.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    // The specification's default is http/protobuf; but who names gRPC's own port means gRPC.
    private static string DefaultProtocol(string endpoint) => new Uri(endpoint).Port == 4317 ? "grpc" : "http/protobuf";

    /// <summary>The SDK's providers; the one place that touches its types.</summary>
    private sealed class Providers(MeterProvider metrics, TracerProvider traces) : IDisposable
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static Providers Start(IReadOnlyDictionary<string, string?> variables, string protocolName)
        {
            var protocol = protocolName switch
            {
                "grpc" => OtlpExportProtocol.Grpc,
                "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
                _ => throw new InvalidOperationException(
                    $"OTEL_EXPORTER_OTLP_PROTOCOL ({protocolName}) must be grpc or http/protobuf."),
            };
            var environment = new ConfigurationBuilder().AddInMemoryCollection(variables).Build();
            void Services(IServiceCollection services) => services.AddSingleton<IConfiguration>(environment);

            return new Providers(
                Sdk.CreateMeterProviderBuilder().ConfigureServices(Services).ConfigureResource(Describe)
                    .AddMeter(GatewayMetrics.MeterName).AddOtlpExporter(otlp => otlp.Protocol = protocol).Build(),
                Sdk.CreateTracerProviderBuilder().ConfigureServices(Services).ConfigureResource(Describe)
                    .AddSource(TraceSource).AddOtlpExporter(otlp => otlp.Protocol = protocol).Build());
        }

        public void Dispose()
        {
            traces.Dispose();
            metrics.Dispose();
        }

        // What the environment says about the service wins over our own name.
        private static void Describe(ResourceBuilder resource) => resource.Clear()
            .AddService("holdfast", serviceVersion: GatewayVersion.Text)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
    }
}
