using Holdfast.Observability;
using Holdfast.Sinks;

namespace Holdfast.Hosting;

/// <summary>Puts everything that observes into the application.</summary>
internal static class ObservabilityRegistration
{
    /// <param name="services">The application's services; a <see cref="TimeProvider"/> must be among them.</param>
    /// <param name="exchangeLog">Where the exchanges' lines go; standard output when null.</param>
    /// <param name="otelVariables">The <c>OTEL_…</c> variables; the environment's when null.</param>
    public static IServiceCollection AddObservability(
        this IServiceCollection services, Stream? exchangeLog = null,
        IReadOnlyDictionary<string, string?>? otelVariables = null)
    {
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<PrometheusText>();
        services.AddSingleton<ExchangeTotals>();
        services.AddSingleton<RecentFailures>();
        services.AddSingleton<OpenExchanges>();
        services.AddSingleton<ExchangeTraces>();
        services.AddSingleton<ExchangeReporter>();
        services.AddSingleton(provider => new ExchangeLog(
            exchangeLog ?? StandardStreams.Output(), provider.GetRequiredService<GatewayMetrics>()));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ExchangeLog>());
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<OtlpExport>(
            provider, otelVariables ?? OtlpExport.FromEnvironment()));
        services.AddHostedService<SilenceWatch>();
        return services;
    }

    /// <summary>Diagnostics go to standard error, one line a message: <c>Information</c> and above of our own, warnings
    /// of the frameworks; with <c>DEBUG=true</c> also <c>Debug</c> of our own.</summary>
    public static IServiceCollection AddDiagnostics(this IServiceCollection services, LogDetail detail, Stream? sink = null) => services
        .AddSingleton(detail)
        .AddSingleton<ILoggerProvider>(provider => new StderrLogging(
            sink ?? StandardStreams.Error(), provider.GetService<TimeProvider>() ?? TimeProvider.System))
        .AddSingleton<ILoggerFactory>(provider => new DiagnosticLoggers(provider.GetServices<ILoggerProvider>(), detail));

    /// <summary><c>GET /metrics</c>, Prometheus' text.</summary>
    /// <param name="app">The application.</param>
    /// <param name="isForbidden">Whether a request may not read it: answered 403.</param>
    public static void UseMetrics(this IApplicationBuilder app, Func<HttpContext, bool> isForbidden)
    {
        // Asked for now, so that it counts from the start and not from the first look.
        var text = app.ApplicationServices.GetRequiredService<PrometheusText>();
        app.Use(next => http => http.Request.Path.Value == "/metrics" && HttpMethods.IsGet(http.Request.Method)
            ? AnswerAsync(http, text, isForbidden(http))
            : next(http));
    }

    private static Task AnswerAsync(HttpContext http, PrometheusText text, bool isForbidden)
    {
        if (isForbidden)
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        http.Response.ContentType = PrometheusText.ContentType;
        return http.Response.WriteAsync(text.Render(), http.RequestAborted);
    }
}
