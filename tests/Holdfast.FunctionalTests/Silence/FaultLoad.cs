using Holdfast.Configuration;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>Every fault of the vocabulary, chosen by the model's name, and clients that read or leave.</summary>
internal static class FaultLoad
{
    private static readonly Dictionary<string, Func<Transcript, Answer>> Faults = new(StringComparer.Ordinal)
    {
        ["ok"] = _ => Answer.Ok(),
        ["rst-after-req"] = _ => Answer.Ok().ResetBeforeHeaders(),
        ["fin-after-req"] = _ => Answer.Ok().FinBeforeHeaders(),
        ["hdr-rst"] = stream => Answer.Sse(stream).ResetAfter(0),
        ["sse-rst"] = stream => Answer.Sse(stream).ResetAfter(300),
        ["sse-fin"] = stream => Answer.Sse(stream).FinAfter(300),
        ["eof-no-terminal"] = stream => Answer.Sse(stream).CleanEndAfterEvent(2),
        ["error-event"] = stream => Answer.Sse(stream).ErrorEventAfter(2),
        ["error-json"] = _ => Answer.Error(500),
        ["error-529"] = _ => Answer.Error(529),
        ["html"] = _ => Answer.Html(502),
        ["json-for-stream"] = _ => Answer.JsonForStream(),
        ["garbage"] = _ => Answer.Raw("\0\u0001garbage\r\n\r\n"u8),
        ["bad-len"] = _ => Answer.Json("{\"a\":1}").ContentLength(wrong: 500),
        ["bad-gzip"] = stream => Answer.Sse(stream).BadGzip(),
        ["split-event"] = stream => Answer.Sse(stream).Split(7),
        ["no-event-lines"] = stream => Answer.Sse(stream).WithoutEventLines(),
        ["silent-forever"] = stream => Answer.Sse(stream).SilentAfter(2),
        ["slow-first"] = _ => Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)),
        ["headers-only"] = stream => Answer.Sse(stream).SilentAfter(0),
        ["leave-before-headers"] = _ => Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)),
        ["leave-mid-stream"] = stream => Answer.Sse(stream).SilentAfter(2),
    };

    /// <summary>The faults' names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Faults.Keys];

    /// <summary>What an upstream does for each model name.</summary>
    public static Answer ByModel { get; } = Answer.Choose(request =>
        Faults[request.Model!](Transcript.Of(request.Protocol, new TranscriptShape())));

    /// <summary>Limits short enough that faults which wait for them are quick.</summary>
    public static void ShortLimits(HoldfastOptions options)
    {
        var limit = TimeSpan.FromMilliseconds(300);
        (options.Timeouts.FirstByte, options.Timeouts.Request, options.Streaming.StallAfter) = (limit, limit, limit);
        options.Streaming.KeepAliveAfter = TimeSpan.FromMilliseconds(100);
        options.Streaming.OpenEarlyAfter = TimeSpan.FromMilliseconds(150);
    }

    /// <summary>One request on a connection of its own, until its answer has ended or its client leaves.</summary>
    public static async Task RunAsync(TestGateway gateway, string fault, string protocol, bool stream)
    {
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, fault, stream);
        await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
        if (fault == "leave-before-headers")
        {
            // A reset would throw the request away before anybody read it.
            client.Close();
            return;
        }

        await client.ReadHeadAsync();
        if (fault == "leave-mid-stream")
        {
            client.Reset();
            return;
        }

        await client.ReadToEndAsync();
        if (client.End != BodyEnd.CleanEnd)
        {
            throw new InvalidOperationException($"{fault}, {protocol}, stream {stream}: the answer ended with {client.End}.");
        }
    }
}
