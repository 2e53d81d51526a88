using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Http;

/// <summary>Cut streams, failures before headers, silence and early opening look the same to the HTTP stacks of Node, Bun,
/// Python, .NET and curl: each has its own idea of a broken transfer and its own timers.</summary>
public sealed class RuntimeMatrixTests(RuntimeMatrix matrix) : IClassFixture<RuntimeMatrix>
{
    public static MatrixTheoryData<string, string> Rows => new(HttpClients.Names, SampleRequests.Protocols);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_cut_stream_brings_all_that_came_and_an_error_and_ends_cleanly(string client, string protocol)
    {
        var result = await matrix.ResultAsync(client, "cut", protocol);

        var stream = ReadStream(result);
        Assert.Equal(Reading.Text(deltas: 3), Reading.TextOf(protocol, stream));
        Assert.StartsWith("Connection to upstream server lost", Reading.ErrorOf(protocol, stream));
    }

    /// <summary>What stands in between kills what is silent for 20 s.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Forty_seconds_of_silence_pass_and_the_stream_goes_on(string client, string protocol)
    {
        var result = await matrix.ResultAsync(client, "silence", protocol);

        var stream = ReadStream(result);
        Assert.Equal(Reading.Text(deltas: 5), Reading.TextOf(protocol, stream));
        Assert.InRange(Reading.KeepalivesOf(protocol, stream), 3, 4);
        Assert.True(Reading.EndsWell(protocol, stream));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_failure_before_headers_is_a_502_of_the_protocols_shape(string client, string protocol)
    {
        var result = await matrix.ResultAsync(client, "refusal", protocol);

        Assert.Null(result.Failure);
        Assert.Equal(502, result.Status);
        Assert.Equal("upstream_reset", result.Headers["holdfast-error"]);
        Assert.StartsWith("Failed to connect to upstream server", Reading.ErrorOf(protocol, result.Body));
    }

    /// <summary>The status left with the early 200, so only the stream can still say that something failed.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_failure_after_early_opening_is_an_error_in_the_stream(string client, string protocol)
    {
        var result = await matrix.ResultAsync(client, "late refusal", protocol);

        var stream = ReadStream(result);
        Assert.Equal("early", result.Headers["holdfast-opened"]);
        Assert.Equal("", Reading.TextOf(protocol, stream));
        Assert.StartsWith("Failed to connect to upstream server", Reading.ErrorOf(protocol, stream));
    }

    /// <summary>What stands in between kills what is silent for 20 s.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Silence_before_the_first_byte_is_bridged_by_early_opening(string client, string protocol)
    {
        var result = await matrix.ResultAsync(client, "late start", protocol);

        var stream = ReadStream(result);
        Assert.Equal("early", result.Headers["holdfast-opened"]);
        Assert.Equal(Reading.Text(deltas: 5), Reading.TextOf(protocol, stream));
        Assert.True(Reading.EndsWell(protocol, stream));
    }

    /// <summary>Through such a relay for all who take interim answers; Python's get none and only wait.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_whole_answer_that_takes_half_a_minute_arrives(string client, string protocol)
    {
        var result = await matrix.ResultAsync(client, "long whole", protocol);

        Assert.Null(result.Failure);
        Assert.Equal(200, result.Status);
        Assert.Equal(Reading.Text(deltas: 5), Reading.TextOf(protocol, result.Body));
    }

    private static SseTranscript ReadStream(HttpResult result)
    {
        Assert.Null(result.Failure);
        Assert.Equal(200, result.Status);
        Assert.StartsWith("text/event-stream", result.Headers["content-type"]);
        return SseTranscript.Parse(result.Body);
    }
}
