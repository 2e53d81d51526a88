using System.Text;
using System.Text.Json;
using Holdfast.Admin;
using Holdfast.Recording.Privacy;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.Upstreams;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Recordings;

/// <summary>What was not to be recorded stands nowhere: in no file below the home, no line of the log, no metric,
/// no status.</summary>
public sealed class CanaryTests : IDisposable
{
    private const string HeaderKey = "sk-ant-api03-canaryHEADERkey0815";
    private const string BodyKey = "sk-ant-api03-canaryBODYkey0815";
    private const string OwnSecret = "ACME-0815-canary";
    private const string HeaderWords = "canary-header-words";

    private static readonly Conversation Said = new(
        Prompt: $"canary-prompt {BodyKey} {OwnSecret}", System: $"canary-system {BodyKey}", Arguments: $"/canary-argument/{OwnSecret}.cs",
        Result: $"canary-result {BodyKey}", Reply: $"canary-reply {OwnSecret}");

    private static readonly string[] Words = ["canary-prompt", "canary-system", "canary-argument", "canary-result", "canary-reply"];

    private static readonly string[] Secrets = [HeaderKey, BodyKey, OwnSecret];

    private static readonly (string, string)[] Headers =
    [
        ("authorization", $"Bearer {HeaderKey}"), ("x-api-key", HeaderKey), ("cookie", $"s={HeaderKey}"), ("x-note", HeaderWords),
        ("x-own", OwnSecret), ("x-claude-code-session-id", "session-1"),
    ];

    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    public static TheoryData<string, BodyRecording> Modes
    {
        get
        {
            var all = new TheoryData<string, BodyRecording>();
            foreach (var protocol in SampleRequests.Protocols)
            {
                foreach (var mode in Enum.GetValues<BodyRecording>())
                {
                    all.Add(protocol, mode);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Nothing_stands_anywhere_that_was_not_to_be_recorded(string protocol, BodyRecording mode)
    {
        var told = await TellAsync(protocol, mode);

        var recorded = _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges").Count;
        Assert.Equal(Endings(protocol).Count() + 3, recorded);
        foreach (var secret in Secrets)
        {
            Assert.DoesNotContain(secret, told, StringComparison.OrdinalIgnoreCase);
            Assert.Empty(_recordings.FilesWith(secret));
        }

        foreach (var word in mode == BodyRecording.None ? [.. Words, HeaderWords] : Array.Empty<string>())
        {
            Assert.Empty(_recordings.FilesWith(word));
        }

        // Recorded or not: none of it is diagnostics.
        Assert.All(Words, word => Assert.DoesNotContain(word, told, StringComparison.OrdinalIgnoreCase));
        _recordings.Compact();
        Assert.All(Secrets, secret => Assert.Empty(_recordings.FilesWith(secret)));
        if (mode == BodyRecording.None)
        {
            Assert.All(Words, word => Assert.Empty(_recordings.FilesWith(word)));
            return;
        }

        var text = string.Join('\n', _recordings.Ask(
            "SELECT content_text, system_text, tool_args, tools FROM ai_gateway_messages WHERE part_type <> 'unrecorded'"));
        Assert.All(Words, word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.Equal(
            [mode == BodyRecording.Raw ? "true" : "false"],
            _recordings.Ask("SELECT DISTINCT raw_frame IS NOT NULL FROM ai_gateway_messages WHERE part_type = 'text'"));
    }

    /// <summary>What one process tells in its life, but for what it tells its clients.</summary>
    private async Task<string> TellAsync(string protocol, BodyRecording mode)
    {
        var told = new StringBuilder();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                options.Debug = true;
                options.Recording.Bodies = mode;
                options.Recording.RedactPatterns = ["ACME-[0-9]+-canary"];
                options.Recording.FsyncInterval = TimeSpan.FromMilliseconds(20);
            },
            upstream: options => options.Credential = new CredentialOptions { Env = "TEST_KEY" },
            home: _recordings.Home);
        var count = 0;
        foreach (var (answer, stream) in Endings(protocol))
        {
            gateway.Upstream.Always(answer);
            await Said.AskAsync(gateway, protocol, stream, Headers);
            count++;
        }

        count += await RefuseAsync(gateway, protocol) + await AbortAsync(gateway, protocol);
        for (var i = 0; i < count; i++)
        {
            told.AppendLine(JsonSerializer.Serialize(await gateway.NextRecordAsync(), RecordJson.Default.ExchangeRecord));
        }

        await using var client = await gateway.ConnectAsync();
        await client.RequestAsync("GET", "/metrics");
        told.AppendLine(await client.ReadTextAsync()).AppendLine(gateway.Log.Text);
        var status = await StatusClient.AskAsync(_recordings.Home, default);
        return told.AppendLine(Assert.IsType<StatusAnswer.Running>(status).Json).ToString();
    }

    // As they end: well, broken, refused by the upstream with an echo of what was asked.
    private static IEnumerable<(Answer Answer, bool Stream)> Endings(string protocol) =>
    [
        (Said.AnswerOf(protocol, stream: true), true),
        (Said.AnswerOf(protocol, stream: false), false),
        (Said.AnswerOf(protocol, stream: false).Gzip(), false),
        (Said.AnswerOf(protocol, stream: true).ResetAfterEvent(3), true),
        (Answer.Status(400, $$$"""{"error":{"type":"invalid_request_error","message":"{{{Said.Prompt}}} {{{HeaderKey}}}"}}"""), true),
        (Answer.Status(500, Said.Reply, "text/plain"), false),
        (Answer.Ok().ResetBeforeHeaders(), true),
    ];

    private static async Task<int> RefuseAsync(TestGateway gateway, string protocol)
    {
        var path = Said.PathOf(protocol, stream: false).Split('?')[0];
        foreach (var (target, body) in new[] { ($"{path}?key={HeaderKey}", $"{{ \"{Said.Prompt}\" "), ($"/nothing/here?api_key={HeaderKey}", Said.Prompt) })
        {
            await using var client = await gateway.ConnectAsync();
            await client.RequestAsync("POST", target, body, Headers);
            await client.ReadToEndAsync();
        }

        return 2;
    }

    private static async Task<int> AbortAsync(TestGateway gateway, string protocol)
    {
        var gate = new Gate();
        gateway.Upstream.Always(Said.AnswerOf(protocol, stream: true).GateAfter(3, gate));
        await using (var client = await gateway.ConnectAsync())
        {
            await client.RequestAsync("POST", Said.PathOf(protocol, stream: true), Said.BodyOf(protocol, stream: true), Headers);
            await client.ReadEventAsync();
            client.Reset();
        }

        await gateway.WaitForOpenExchangesAsync(0);
        gate.Open();
        return 1;
    }
}
