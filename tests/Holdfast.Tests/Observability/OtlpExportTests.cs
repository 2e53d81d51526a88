using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Observability;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.Observability;

[Collection("the meter Holdfast")]
public sealed class OtlpExportTests
{
    [Fact]
    public async Task Metrics_and_traces_are_posted_to_the_endpoint_when_it_is_set()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var collected = CollectAsync(listener, posts: 2);
        using var metrics = new GatewayMetrics();
        using var traces = new ExchangeTraces();
        var export = Export(new TestLog(), new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-team=blue",
            ["OTEL_SERVICE_NAME"] = "my-gateway",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "60000",
        });
        await export.StartAsync(default);

        metrics.ExchangeEnded(Records.Completed());
        traces.Write(Records.Completed("ex-traced"), null);
        await export.StopAsync(default).WithinTestTimeout();

        var posts = await collected.WithinTestTimeout();
        var metricsPost = Assert.Single(posts, post => post.StartsWith("POST /v1/metrics HTTP/1.1", StringComparison.Ordinal));
        Assert.Contains("holdfast.exchange.duration", metricsPost, StringComparison.Ordinal);
        Assert.Contains("my-gateway", metricsPost, StringComparison.Ordinal);
        Assert.Contains("application/x-protobuf", metricsPost, StringComparison.Ordinal);
        Assert.Contains("x-team: blue", metricsPost, StringComparison.OrdinalIgnoreCase);
        var tracesPost = Assert.Single(posts, post => post.StartsWith("POST /v1/traces HTTP/1.1", StringComparison.Ordinal));
        Assert.Contains("ex-traced", tracesPost, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_grpc_the_endpoint_sees_http_2()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptTcpClientAsync();
        using var metrics = new GatewayMetrics();
        var export = Export(new TestLog(), new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "2000",
        });
        await export.StartAsync(default);
        metrics.ExchangeEnded(Records.Completed());
        var stop = export.StopAsync(default);

        using var client = await accepting.WithinTestTimeout();
        var preface = new byte[14];
        await client.GetStream().ReadExactlyAsync(preface).WithinTestTimeout();
        client.Close();
        listener.Stop();

        Assert.Equal("PRI * HTTP/2.0", Encoding.ASCII.GetString(preface));
        await stop.WithinTestTimeout();
    }

    [Fact]
    public async Task Without_an_endpoint_nothing_is_started()
    {
        var log = new TestLog();
        var export = Export(log, []);

        await export.StartAsync(default);
        await export.StopAsync(default);

        Assert.Empty(log.Entries);
    }

    [Theory]
    [InlineData("http://127.0.0.1:4318", "carrier-pigeon")]
    [InlineData("not a url", "grpc")]
    public async Task A_wrong_setting_is_a_warning_and_the_gateway_starts(string endpoint, string protocol)
    {
        var log = new TestLog();
        var export = Export(log, new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        });

        await export.StartAsync(default);

        Assert.Equal(LogLevel.Warning, Assert.Single(log.Entries).Level);
        await export.StopAsync(default);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", null, "http/protobuf")]
    [InlineData("http://127.0.0.1:4317", null, "grpc")]
    [InlineData("http://127.0.0.1:1", "grpc", "grpc")]
    [InlineData("http://127.0.0.1:4317", "http/protobuf", "http/protobuf")]
    public async Task The_protocol_is_the_one_asked_for_or_the_ports_own(string endpoint, string? asked, string expected)
    {
        var log = new TestLog();
        var export = Export(log, new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = asked,
            ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "100",
        });

        await export.StartAsync(default);

        Assert.Equal(expected, Assert.Single(log.Entries).Values["Protocol"]);
        await export.StopAsync(default).WithinTestTimeout();
    }

    private static OtlpExport Export(TestLog log, Dictionary<string, string?> variables) =>
        new(variables, log.CreateFactory().CreateLogger<OtlpExport>());

    // A collector on a raw socket: keeps each request's text and answers 200.
    private static async Task<List<string>> CollectAsync(TcpListener listener, int posts)
    {
        var collected = new List<string>();
        while (collected.Count < posts)
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            var text = new StringBuilder();
            var buffer = new byte[64 * 1024];
            while (!IsWhole(text.ToString()))
            {
                var read = await stream.ReadAsync(buffer);
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }

            collected.Add(text.ToString());
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }

        return collected;
    }

    private static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var length = text.Split("\r\n").First(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return text.Length - end - 4 >= int.Parse(length.Split(':')[1]);
    }
}
