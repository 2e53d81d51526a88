using Holdfast.Recording.Privacy;
using Holdfast.Recording.Records;
using Holdfast.Sinks;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Recordings;

/// <summary>Bodies are recorded where somebody asked for it, by route, by session and by directory; what is ignored leaves
/// nothing of whose and where it was.</summary>
public sealed class BodiesTests : IDisposable
{
    private const string SessionHeader = "x-claude-code-session-id";

    // Whether there are words of it, in which rows.
    private const string Recorded =
        "SELECT session_id, count(content_text) > 0, count(raw_frame) > 0 FROM ai_gateway_messages GROUP BY 1 ORDER BY 1";

    private const string Exchanges =
        "SELECT session, directory, is_ignored, local_only, messages IS NOT NULL FROM ai_gateway_exchanges ORDER BY exchange_id";

    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    [Fact]
    public async Task A_route_may_have_its_own()
    {
        await using (var gateway = await StartAsync(BodyRecording.Messages, route: BodyRecording.None))
        {
            await new Conversation().AskAsync(gateway, headers: (SessionHeader, "routed"));
            await new Conversation().AskAsync(gateway, "openai-chat", headers: (SessionHeader, "unrouted"));
        }

        Assert.Equal(["routed|false|false", "unrouted|true|false"], _recordings.Ask(Recorded));
    }

    [Fact]
    public async Task A_route_may_have_more_than_the_rest()
    {
        await using (var gateway = await StartAsync(BodyRecording.None, route: BodyRecording.Raw))
        {
            await new Conversation().AskAsync(gateway, headers: (SessionHeader, "routed"));
            await new Conversation().AskAsync(gateway, "openai-chat", headers: (SessionHeader, "unrouted"));
        }

        Assert.Equal(["routed|true|true", "unrouted|false|false"], _recordings.Ask(Recorded));
    }

    [Fact]
    public async Task A_session_may_have_its_own()
    {
        Rules(new PrivacyRule { Session = "told", Bodies = BodyRecording.Messages });
        await using (var gateway = await StartAsync())
        {
            await new Conversation().AskAsync(gateway, headers: (SessionHeader, "told"));
            await new Conversation().AskAsync(gateway, headers: (SessionHeader, "untold"));
        }

        Assert.Equal(["told|true|false", "untold|false|false"], _recordings.Ask(Recorded));
    }

    public static TheoryData<string, string, string> Statements => new()
    {
        // Who states it, how, and in which protocol.
        { "header", "anthropic", "" },
        { "claude", "anthropic", "You are an agent.\n<env>\nWorking directory: /work/a/deep\n</env>" },
        { "claude-new", "anthropic", "# Environment\n - Primary working directory: /work/a/deep\n" },
        { "codex", "openai-responses", "<environment_context>\n  <cwd>/work/a/deep</cwd>\n</environment_context>" },
    };

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task A_directory_may_have_its_own_however_it_is_stated(string who, string protocol, string statement)
    {
        Rules(new PrivacyRule { Directory = "/work/a", Bodies = BodyRecording.Messages, Keep = RecordKeeping.LocalOnly });
        var elsewhere = statement.Replace("/work/a/", "/work/ab/", StringComparison.Ordinal);
        await using (var gateway = await StartAsync())
        {
            await Stating(who, statement).AskAsync(gateway, protocol, stream: true, [(SessionHeader, "here"), .. Header(who, "/work/a/deep")]);
            await Stating(who, elsewhere).AskAsync(gateway, protocol, stream: true, [(SessionHeader, "there"), .. Header(who, "/work/ab/deep")]);
        }

        Assert.Equal(["here|true|false", "there|false|false"], _recordings.Ask(Recorded));

        // What only a body states is recorded only where bodies are.
        var there = who == "header" ? "/work/ab/deep" : "NULL";
        Assert.Equal(["here|/work/a/deep|NULL|true|true", $"there|{there}|NULL|NULL|false"], _recordings.Ask(Exchanges));
        Assert.Equal(["/work/a/deep"], _recordings.Ask("SELECT DISTINCT cwd FROM ai_gateway_messages WHERE session_id = 'here'"));
    }

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task Of_an_ignored_directory_nothing_is_left_of_whose_and_where(string who, string protocol, string statement)
    {
        Rules(new PrivacyRule { Directory = "/work/a", Keep = RecordKeeping.Ignore });
        List<ExchangeRecord> lines = [];
        await using (var gateway = await StartAsync(BodyRecording.Raw))
        {
            foreach (var answer in new[]
            {
                new Conversation().AnswerOf(protocol, stream: true), Simulator.Answers.Answer.Ok().ResetBeforeHeaders(),
            })
            {
                gateway.Upstream.Always(answer);
                await Stating(who, statement).AskAsync(
                    gateway, protocol, stream: true,
                    [(SessionHeader, "secret-session"), ("idempotency-key", "secret-key"), .. Header(who, "/work/a/deep")]);
                lines.Add(await gateway.NextRecordAsync());
            }
        }

        AssertNothingOfWhoseAndWhere(lines);
    }

    [Fact]
    public async Task Of_an_ignored_session_nothing_is_left_of_whose_and_where_refused_exchanges_included()
    {
        Rules(new PrivacyRule { Session = "secret-session", Keep = RecordKeeping.Ignore });
        List<ExchangeRecord> lines = [];
        await using (var gateway = await StartAsync(BodyRecording.Raw))
        {
            (string, string)[] headers = [(SessionHeader, "secret-session"), ("idempotency-key", "secret-key"), ("holdfast-directory", "/work/a")];
            await new Conversation().AskAsync(gateway, headers: headers);
            lines.Add(await gateway.NextRecordAsync());
            gateway.Upstream.Always(Simulator.Answers.Answer.Ok().ResetBeforeHeaders());
            await new Conversation().AskAsync(gateway, headers: headers);
            lines.Add(await gateway.NextRecordAsync());
            foreach (var (path, body) in new[] { ("/v1/messages?x=secret-query", "{ broken"), ("/nothing?x=secret-query", "{}") })
            {
                await using var client = await gateway.ConnectAsync();
                await client.RequestAsync("POST", path, body, headers);
                await client.ReadToEndAsync();
                lines.Add(await gateway.NextRecordAsync());
            }
        }

        AssertNothingOfWhoseAndWhere(lines);
        Assert.Empty(_recordings.FilesWith("secret-query"));
    }

    [Fact]
    public async Task Rules_that_change_hold_a_second_later()
    {
        var time = new ManualTime();
        await using (var gateway = await StartAsync(time: time))
        {
            async Task AskAsync(string session)
            {
                await new Conversation().AskAsync(gateway, headers: (SessionHeader, session));
                await gateway.NextRecordAsync();

                // Ids are in the order of their milliseconds.
                time.Advance(TimeSpan.FromMilliseconds(1));
            }

            await AskAsync("one");
            Rules(new PrivacyRule { Session = "two", Bodies = BodyRecording.Raw });
            time.Advance(TimeSpan.FromSeconds(1));
            await AskAsync("two");
            Rules(new PrivacyRule { Session = "three", Keep = RecordKeeping.LocalOnly });
            time.Advance(TimeSpan.FromSeconds(1));
            await AskAsync("two");
            await AskAsync("three");
            File.Delete(Path.Combine(_recordings.Home, PrivacyRules.FileName));
            time.Advance(TimeSpan.FromSeconds(1));
            await AskAsync("three");
        }

        Assert.Equal(
            ["one|NULL|NULL|NULL|false", "two|NULL|NULL|NULL|true", "two|NULL|NULL|NULL|false", "three|NULL|NULL|true|false", "three|NULL|NULL|NULL|false"],
            _recordings.Ask(Exchanges));
    }

    [Fact]
    public async Task Rules_that_are_broken_from_the_start_ignore_everybody_until_they_are_mended()
    {
        var time = new ManualTime();
        var file = Path.Combine(_recordings.Home, PrivacyRules.FileName);
        await File.WriteAllTextAsync(file, "{ broken");
        await using (var gateway = await StartAsync(BodyRecording.Raw, time: time))
        {
            gateway.Log.Expect("The rules of privacy cannot be read");
            await new Conversation().AskAsync(gateway, headers: (SessionHeader, "one"));
            await gateway.NextRecordAsync();
            Rules(new PrivacyRule { Session = "two", Bodies = BodyRecording.None });
            time.Advance(TimeSpan.FromSeconds(1));
            await new Conversation().AskAsync(gateway, headers: (SessionHeader, "two"));
            await gateway.NextRecordAsync();
            await File.WriteAllTextAsync(file, "{ broken again");
            time.Advance(TimeSpan.FromSeconds(1));
            await new Conversation().AskAsync(gateway, headers: (SessionHeader, "two"));
            await gateway.NextRecordAsync();
        }

        Assert.Equal(
            ["NULL|NULL|true|NULL|false", "two|NULL|NULL|NULL|false", "two|NULL|NULL|NULL|false"], _recordings.Ask(Exchanges));
    }

    [Fact]
    public async Task Where_memory_has_no_room_for_a_body_that_states_its_directory_it_counts_as_ignored()
    {
        Rules(new PrivacyRule { Directory = "/work/a", Keep = RecordKeeping.Ignore });
        await using (var gateway = await StartAsync(configure: recording => recording.MaxBodyBytes = 1024 * 1024))
        {
            var statement = $"Working directory: /work/a\n{new string('x', 2 * 1024 * 1024)}";
            await new Conversation(System: statement).AskAsync(gateway, headers: (SessionHeader, "secret-session"));
        }

        Assert.Equal(["NULL|NULL|true|NULL|false"], _recordings.Ask(Exchanges));
        Assert.Empty(_recordings.FilesWith("secret-session"));
    }

    private static Conversation Stating(string who, string statement) => who switch
    {
        "header" => new(),
        "codex" => new(Prompt: statement),
        _ => new(System: statement),
    };

    private static (string, string)[] Header(string who, string directory) =>
        who == "header" ? [("holdfast-directory", directory)] : [];

    private void AssertNothingOfWhoseAndWhere(List<ExchangeRecord> lines)
    {
        Assert.All(lines, line => Assert.Equal(
            (true, null, null, null, null),
            (line.IsIgnored, line.Session, line.Directory, line.IdempotencyKey, line.ErrorDetail)));
        Assert.Equal(Enumerable.Repeat("NULL|NULL|true|NULL|false", lines.Count), _recordings.Ask(Exchanges));
        Assert.All(
            (string[])["secret-session", "secret-key", "/work/a", "prompt-words", "reply-words"],
            text => Assert.DoesNotContain(_recordings.FilesWith(text), file => file.StartsWith("recordings/", StringComparison.Ordinal)));
    }

    private void Rules(params PrivacyRule[] rules) =>
        rules.Aggregate(PrivacyRules.Empty, (before, rule) => before.With(rule)).Write(_recordings.Home);

    private Task<TestGateway> StartAsync(
        BodyRecording bodies = BodyRecording.None, BodyRecording? route = null, TimeProvider? time = null,
        Action<RecordingOptions>? configure = null) => TestGateway.StartAsync(
        options =>
        {
            options.Recording.Bodies = bodies;
            options.Recording.FsyncInterval = TimeSpan.FromMilliseconds(20);
            if (route is { } own)
            {
                // Of Anthropic's protocol only.
                options.Routes = [new() { Model = "test", Candidates = [new() { Upstream = "anthropic" }], Recording = new() { Bodies = own } }];
            }

            configure?.Invoke(options.Recording);
        },
        time,
        home: _recordings.Home);
}
