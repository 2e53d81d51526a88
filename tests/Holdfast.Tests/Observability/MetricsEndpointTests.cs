using Holdfast.Hosting;
using Holdfast.Observability;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Tests.Observability;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task The_endpoint_answers_the_text_format_and_counts_from_the_start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddDiagnostics(new LogDetail(), Stream.Null);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(new ManualTime());
        builder.Services.AddObservability(Stream.Null, new Dictionary<string, string?>()).AddRecording(new());
        await using var app = builder.Build();
        app.UseMetrics(isForbidden: _ => false);
        await app.StartAsync().WithinTestTimeout();
        app.Services.GetRequiredService<ExchangeReporter>().Started();
        app.Services.GetRequiredService<ExchangeReporter>().Ended(Records.Completed());

        await using var client = await RawHttpClient.ConnectAsync(new Uri(app.Urls.Single()));
        var answer = await client.RequestAsync("GET", "/metrics");
        var page = PrometheusPage.Parse(await client.ReadTextAsync());

        Assert.Equal((200, PrometheusText.ContentType), (answer.Status, answer.Header("content-type")));
        Assert.Equal(1, page.Value("holdfast_exchanges_total"));
        await app.StopAsync().WithinTestTimeout();
    }
}
