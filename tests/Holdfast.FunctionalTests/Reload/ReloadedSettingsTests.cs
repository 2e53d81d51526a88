using System.Collections;
using System.Reflection;
using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.FunctionalTests.Failover;
using Holdfast.Recording.Privacy;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.FunctionalTests.Reload;

/// <summary>What is set holds from the reload on, for whatever begins then; only who listens where waits for a restart.</summary>
public sealed class ReloadedSettingsTests
{
    private const string Turn = """{"model":"test","max_tokens":64,"temperature":1,"messages":[{"role":"user","content":"hello"}]}""";

    /// <summary>Each setting with what one request sees of it, before and after.</summary>
    private static readonly Dictionary<string, (Action<HoldfastOptions> Change, string Headers, string Before, string After)> Seen = new()
    {
        ["deny.fields"] = (o => o.Deny.Fields = ["temperature"], "", "200", "403 denied"),
        ["deny.headers"] = (o => o.Deny.Headers = ["x-secret"], "x-secret: 1", "200", "403 denied"),
        ["limits.requestBody"] = (o => o.Limits.RequestBody = 20, "", "200", "413 body_too_large"),
        ["limits.requestHeaders"] = (o => o.Limits.RequestHeaders = 1024, $"x-long: {new string('x', 2048)}", "200", "431"),
        ["allowedOrigins"] = (o => o.AllowedOrigins = ["https://page.example"], "origin: https://page.example", "403 origin_not_allowed", "200"),
        ["upstreams"] = (o => o.Upstreams = new Dictionary<string, Holdfast.Upstreams.UpstreamOptions>(), "", "200", "400 unknown_upstream"),
        ["failover.storms"] = (o => o.Failover.Storms = new() { Limit = 2, Window = TimeSpan.FromHours(1) }, "x-claude-code-session-id: a",
            "200", "429 turn_repeated"),
        ["timeouts.request"] = (o => o.Timeouts.Request = TimeSpan.FromMilliseconds(1), "x-slow: 1", "200", "504 request_timeout"),
        ["timeouts.total"] = (o => o.Timeouts.Total = TimeSpan.FromMilliseconds(1), "x-slow: 1", "200", "504 total_timeout"),
    };

    public static TheoryData<string> Names => [.. Seen.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_next_request_goes_by_the_new_setting_and_the_one_after_the_next_reload_by_the_old_one_again(string setting)
    {
        var (change, header, before, after) = Seen[setting];
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Choose(request => request.Header("x-slow") is null
            ? Answer.Ok()
            : Answer.Ok().DelayHeaders(TimeSpan.FromMilliseconds(100))));

        var first = await AskAsync(gateway, header);
        gateway.Reload(change);
        await AskAsync(gateway, header);
        await AskAsync(gateway, header);
        var second = await AskAsync(gateway, header);
        gateway.Reload(_ => { });
        var third = await AskAsync(gateway, header);

        Assert.Equal((before, after, before), (first, second, third));
    }

    [Fact]
    public async Task Prices_hold_for_the_next_exchange()
    {
        await using var gateway = await TestGateway.StartAsync();

        await AskAsync(gateway, "");
        gateway.Reload(options => options.Prices = [new() { Model = "test", Input = 1, Output = 2 }]);
        await AskAsync(gateway, "");

        Assert.Null((await gateway.NextRecordAsync()).CostUsd);
        Assert.NotNull((await gateway.NextRecordAsync()).CostUsd);
    }

    [Fact]
    public async Task Rules_of_ones_own_judge_the_next_failure()
    {
        await using var chain = await ChainGateway.StartAsync();
        var strange = Answer.Status(418, """{"type":"error","error":{"type":"strange","message":"I am a teapot"}}""");
        chain.First.Script(strange, strange);

        var before = await chain.AskAsync();
        chain.Gateway.Reload(options => options.Failover.Rules = [new() { Match = "teapot", Reason = "overloaded" }]);
        var after = await chain.AskAsync();

        Assert.Equal((418, 200), (before.Status, after.Status));
    }

    [Fact]
    public async Task Where_nobody_is_to_be_spared_any_more_everybody_is_asked_at_once()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Script(Answer.Error(529));
        await chain.AskAsync(headers: ("x-session-id", "one"));

        chain.Gateway.Reload(options => options.Failover.Cooldown = new() { Enabled = false });

        Assert.Equal("anthropic", (await chain.AskAsync(headers: ("x-session-id", "two"))).Upstream);
    }

    [Fact]
    public async Task A_stream_that_is_cut_waits_for_its_client_once_the_journal_is_on()
    {
        await using var gateway = await TestGateway.StartAsync();
        var held = new Gate();
        gateway.Upstream.Always(Turns.Healthy.GateAfter(3, held));
        var (path, body) = SampleRequests.Turn("anthropic");

        gateway.Reload(options => options.Journal = new());
        await using (var client = await gateway.ConnectAsync())
        {
            await client.RequestAsync("POST", path, body);
            await client.ReadEventAsync();
            client.Reset();
        }

        await gateway.WaitForTurnsAsync(1);
        await gateway.WhenClientsAreGoneAsync();
        held.Open();
        await using var again = await gateway.ConnectAsync();
        await again.RequestAsync("POST", path, body);
        await again.ReadToEndAsync();

        Assert.Equal(1, gateway.Upstream.RequestCount);
    }

    [Fact]
    public async Task Connections_of_other_machines_are_told_the_new_idle_time_with_their_next_answer()
    {
        await using var gateway = await TestGateway.StartAsync(treatsLoopbackAsRemote: true);
        await using var client = await gateway.ConnectAsync();
        var before = (await client.RequestAsync("POST", "/v1/messages", Turn)).Header("keep-alive");
        await client.ReadToEndAsync();

        gateway.Reload(options => options.Limits.KeepAlive = TimeSpan.FromSeconds(7));
        var after = (await client.RequestAsync("POST", "/v1/messages", Turn)).Header("keep-alive");
        await client.ReadToEndAsync();
        gateway.Reload(options => options.Limits.KeepAlive = Timeout.InfiniteTimeSpan);
        var never = (await client.RequestAsync("POST", "/v1/messages", Turn)).Header("keep-alive");

        Assert.Equal(("timeout=600", "timeout=7", null), (before, after, never));
    }

    [Fact]
    public async Task The_log_follows_every_step_once_it_is_asked_to_and_no_longer()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Error(500));
        int Steps() => gateway.Log.Entries.Count(entry => entry.Level == LogLevel.Debug);

        await AskAsync(gateway, "");
        var before = Steps();
        gateway.Reload(options => options.Debug = true);
        await AskAsync(gateway, "");
        var during = Steps();
        gateway.Reload(_ => { });
        await AskAsync(gateway, "");

        Assert.Equal(0, before);
        Assert.True(during > 0);
        Assert.Equal(during, Steps());
    }

    [Fact]
    public async Task A_drain_waits_as_long_as_the_new_setting_says()
    {
        await using var gateway = await TestGateway.StartAsync();

        gateway.Reload(options => options.Timeouts.Drain = TimeSpan.FromSeconds(77));

        Assert.Equal(TimeSpan.FromSeconds(77), gateway.Services.GetRequiredService<Drain>().Limit);
        Assert.InRange(
            gateway.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout,
            TimeSpan.FromSeconds(78), TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task Only_who_listens_where_waits_for_a_restart_and_the_rest_of_the_same_reload_holds()
    {
        await using var gateway = await TestGateway.StartAsync();

        var changed = gateway.Reload(options =>
        {
            options.Listen = ["http://127.0.0.1:1"];
            options.Access = "open";
            options.Deny.Fields = ["temperature"];
        });

        Assert.Equal(["deny.fields"], changed);
        Assert.Equal("403 denied", await AskAsync(gateway, ""));
    }

    /// <summary>The kind of mistake that this is about: a part of the program that goes on by settings it was given at the
    /// start. Looks through everything the services hold.</summary>
    [Fact]
    public async Task After_a_reload_nothing_in_the_program_holds_a_section_of_the_old_settings()
    {
        using var home = new RecordingsFolder();
        HoldfastOptions? old = null;
        await using var gateway = await TestGateway.StartAsync(options => old ??= options, home: home.Home);
        var sections = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Collect(old!, sections, value => value.GetType().Name.EndsWith("Options", StringComparison.Ordinal));
        await AskAsync(gateway, "");
        await gateway.NextRecordAsync();

        gateway.Reload(options => options.Recording.Bodies = BodyRecording.Messages);

        var roots = ServicesOf(gateway);
        var held = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var root in roots)
        {
            Collect(root, held, sections.Contains);
        }

        // What stays: the settings of upstreams that did not change are those of the start, with their connections.
        var names = held.Select(one => one.GetType().Name).Where(name => name is not "UpstreamOptions").Distinct();
        Assert.True(sections.Count > 10);
        Assert.Equal("", string.Join(", ", names));
    }

    private static IEnumerable<object> ServicesOf(TestGateway gateway)
    {
        Type[] asked =
        [
            typeof(Holdfast.Proxy.ExchangeHandler), typeof(Holdfast.Sinks.Recorder), typeof(Holdfast.Sinks.BodyRecorder),
            typeof(Holdfast.Journal.TurnJournal), typeof(Holdfast.Failover.HealthBook), typeof(Holdfast.Failover.StormWatch),
            typeof(Holdfast.Failover.AffinityTable), typeof(Drain), typeof(KeepAliveTerms), typeof(ConnectionWatch),
            typeof(Holdfast.Exchanges.SetupHolder), typeof(Holdfast.Reload.Reloader),
        ];
        return [.. asked.Select(gateway.Services.GetRequiredService), .. gateway.Services.GetServices<IHostedService>()];
    }

    // Everything of ours that can be reached from there, and what collections hold.
    private static void Collect(object from, HashSet<object> found, Func<object, bool> isMeant)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>([from]);
        while (open.TryPop(out var one))
        {
            if (!seen.Add(one))
            {
                continue;
            }

            if (isMeant(one))
            {
                found.Add(one);
            }

            foreach (var below in Below(one).OfType<object>().Where(value => !value.GetType().IsPrimitive && value is not string))
            {
                open.Push(below);
            }
        }
    }

    private static IEnumerable<object?> Below(object one)
    {
        if (one is Delegate call)
        {
            return call.Target is { } target && IsOurs(target.GetType()) ? [target] : [];
        }

        if (one is IDictionary map)
        {
            return [.. map.Keys.Cast<object?>(), .. map.Values.Cast<object?>()];
        }

        if (one is IEnumerable items and not IQueryable)
        {
            return items is ICollection || one.GetType().IsArray ? items.Cast<object?>() : FieldsOf(one);
        }

        return FieldsOf(one);
    }

    private static IEnumerable<object?> FieldsOf(object one)
    {
        for (var type = one.GetType(); type is not null && IsOurs(type); type = type.BaseType)
        {
            foreach (var field in type.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field.GetValue(one);
            }
        }
    }

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("Holdfast", StringComparison.Ordinal) == true
        || (type.Namespace == "System" && type.Name.StartsWith("Lazy", StringComparison.Ordinal));

    private static async Task<string> AskAsync(TestGateway gateway, string header)
    {
        await using var client = await gateway.ConnectAsync();
        (string, string)[] headers = header.Split(": ", 2) is [var name, var value] ? [(name, value)] : [];
        var answer = await client.RequestAsync("POST", "/v1/messages", Turn, headers);
        await client.ReadToEndAsync();
        return answer.Header("holdfast-error") is { } error ? $"{answer.Status} {error}" : $"{answer.Status}";
    }
}
