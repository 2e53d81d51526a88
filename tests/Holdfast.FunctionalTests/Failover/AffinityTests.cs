using System.Globalization;
using Holdfast.Routing;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>A conversation stays with who answered it, for the sake of its prompt cache and of signed thinking; a failure
/// alone moves it, and the move is recorded.</summary>
public sealed class AffinityTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Messages = "/v1/messages";

    /// <summary>Two turns of one conversation, and one of another, told apart by each mark.</summary>
    private static readonly
        Dictionary<string, (string Path, string Header, string First, string Next, string OtherHeader, string Other)> Marks = new()
    {
        ["x-claude-code-session-id"] = (Messages, "x-claude-code-session-id: a", Turn("one"), Turn("two"), "x-claude-code-session-id: b", Turn("one")),
        ["session-id"] = (Chat, "session-id: a", Turn("one"), Turn("two"), "session-id: b", Turn("one")),
        ["x-session-id"] = (Messages, "x-session-id: a", Turn("one"), Turn("two"), "x-session-id: b", Turn("one")),
        ["metadata.user_id"] = (Messages, "", Turn("one", "\"metadata\":{\"user_id\":\"a\"},"), Turn("two", "\"metadata\":{\"user_id\":\"a\"},"),
            "", Turn("one", "\"metadata\":{\"user_id\":\"b\"},")),
        ["prompt_cache_key"] = (Chat, "", Turn("one", "\"prompt_cache_key\":\"a\","), Turn("two", "\"prompt_cache_key\":\"a\","),
            "", Turn("one", "\"prompt_cache_key\":\"b\",")),
        ["prefix"] = (Messages, "", Turn("one"), Turn("one\"},{\"role\":\"assistant\",\"content\":\"yes\"},{\"role\":\"user\",\"content\":\"more"), "", Turn("another")),
    };

    public static TheoryData<string> MarkNames => [.. Marks.Keys];

    [Theory]
    [MemberData(nameof(MarkNames))]
    public async Task A_conversation_stays_where_a_failure_moved_it_and_others_do_not_go_there(string mark)
    {
        var (path, header, first, next, otherHeader, other) = Marks[mark];
        await using var chain = await StartAsync();
        var name = path == Chat ? "openai" : "anthropic";
        var second = path == Chat ? "second-openai" : "second";
        chain.First.Script(Answer.Error(500));

        Assert.Equal(second, (await chain.PostAsync(path, first, HeaderOf(header))).Upstream);
        Assert.Equal(second, (await chain.PostAsync(path, next, HeaderOf(header))).Upstream);
        Assert.Equal(name, (await chain.PostAsync(path, other, HeaderOf(otherHeader))).Upstream);

        Assert.Equal([2, 2], chain.Ledger);
    }

    [Fact]
    public async Task A_move_is_recorded_with_the_cache_it_loses()
    {
        await using var chain = await StartAsync();
        chain.First.Script(Answer.Json(
            """{"id":"m","type":"message","role":"assistant","model":"test","content":[{"type":"text","text":"yes"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":700,"output_tokens":1}}"""));
        await chain.AskAsync(stream: false);
        var stayed = await chain.NextRecordAsync();
        chain.First.Script(Answer.Error(500));

        Assert.Equal("second", (await chain.AskAsync()).Upstream);

        var moved = await chain.NextRecordAsync();
        Assert.Equal((null, null), (stayed.MovedFrom, stayed.CacheTokensLost));
        Assert.Equal(("anthropic", 1000L), (moved.MovedFrom, moved.CacheTokensLost));
        Assert.Equal(1, await chain.Gateway.MetricAsync("holdfast_affinity_moves_total"));

        // From now on it is at home there: no further move.
        await chain.AskAsync();
        Assert.Null((await chain.NextRecordAsync()).MovedFrom);
    }

    [Theory]
    [InlineData(3600, "second")]
    [InlineData(3601, "anthropic")]
    public async Task A_conversation_that_rested_too_long_is_forgotten(int seconds, string upstream)
    {
        var time = new ManualTime();
        await using var chain = await StartAsync(time: time);
        chain.First.Script(Answer.Error(500));
        await chain.AskAsync();

        time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(upstream, (await chain.AskAsync()).Upstream);
    }

    [Fact]
    public async Task Switched_off_a_conversation_returns_to_the_first_candidate()
    {
        await using var chain = await StartAsync(isOn: false);
        chain.First.Script(Answer.Error(500));
        Assert.Equal("second", (await chain.AskAsync()).Upstream);

        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
    }

    /// <summary>One client's session is not another's, whatever it is called.</summary>
    [Fact]
    public async Task A_session_is_one_principals()
    {
        await using var chain = await StartAsync();
        chain.First.Script(Answer.Error(500));
        Assert.Equal("second", (await chain.AskAsync(headers: [("x-session-id", "a"), ("x-api-key", "one")])).Upstream);

        Assert.Equal("anthropic", (await chain.AskAsync(headers: [("x-session-id", "a"), ("x-api-key", "two")])).Upstream);
    }

    [Fact]
    public async Task A_conversation_whose_home_fails_is_moved_back()
    {
        await using var chain = await StartAsync();
        chain.First.Script(Answer.Error(500));
        await chain.AskAsync();
        chain.Second.Script(Answer.Error(500));

        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);

        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
        Assert.Equal([3, 2], chain.Ledger);
    }

    /// <summary>Conversations are spread by the weights, and each stays where it is.</summary>
    [Fact]
    public async Task Equal_candidates_share_the_conversations_by_their_weights()
    {
        const int Conversations = 150;
        await using var chain = await StartAsync(configure: options => options.Routes =
        [
            new RouteOptions
            {
                Model = "*",
                Candidates = [new() { Upstream = "anthropic", Weight = 2 }, new() { Upstream = "second" }],
            },
        ]);
        var homes = new Dictionary<int, string>();
        for (var turn = 0; turn < 2; turn++)
        {
            for (var i = 0; i < Conversations; i++)
            {
                var answer = await chain.AskAsync(stream: false, headers: ("x-session-id", i.ToString(CultureInfo.InvariantCulture)));
                Assert.Equal(homes.GetValueOrDefault(i, answer.Upstream!), answer.Upstream);
                homes[i] = answer.Upstream!;
            }
        }

        // 100 of 150; the conversations' names, and so their spread, are the same in every run.
        Assert.InRange(homes.Values.Count(home => home == "anthropic"), 80, 120);
        Assert.Equal(2 * Conversations, chain.Ledger.Sum());
    }

    private static async Task<ChainGateway> StartAsync(
        bool isOn = true, ManualTime? time = null, Action<Configuration.HoldfastOptions>? configure = null)
    {
        var chain = await ChainGateway.StartAsync(time: time, configure: options =>
        {
            options.Failover.Affinity.Enabled = isOn;
            configure?.Invoke(options);
        });
        chain.First.Always(Turns.Healthy);
        chain.Second.Always(Turns.Healthy);
        return chain;
    }

    private static string Turn(string text, string mark = "") =>
        $$"""{"model":"test","max_tokens":64,{{mark}}"messages":[{"role":"user","content":"{{text}}"}]}""";

    private static (string, string)[] HeaderOf(string line) =>
        line.Split(": ") is [var name, var value] ? [(name, value)] : [];
}
