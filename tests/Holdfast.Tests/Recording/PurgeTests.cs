using System.Globalization;
using Holdfast.Recording.Parquet;
using Holdfast.Recording.Privacy;
using Holdfast.Recording.Projection;
using Holdfast.Recording.Records;
using Holdfast.TestKit;
using Holdfast.Tests.Observability;

namespace Holdfast.Tests.Recording;

/// <summary>What is purged is gone from every file, and nothing else is.</summary>
public sealed class PurgeTests : IDisposable
{
    private const string ExchangeIds = "SELECT exchange_id FROM ai_gateway_exchanges ORDER BY 1";
    private const string PartIds = "SELECT part_id FROM ai_gateway_messages ORDER BY 1";

    private static readonly string[] Days = ["2026-07-01", "2026-07-02", "2026-07-03"];

    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    public static TheoryData<string> Steps => [.. Enum.GetNames<PurgeStep>()];

    [Theory]
    [InlineData("parquet")]
    [InlineData("segments")]
    [InlineData("both")]
    public async Task A_session_is_gone_from_every_file_and_nothing_else_is(string where)
    {
        await RecordAsync(where);
        var others = (_recordings.Ask(WithoutSession("exchanges", "session")), _recordings.Ask(WithoutSession("messages", "session_id")));

        var counts = Purge(new PurgeTarget.OfSession("secret"));

        Assert.Equal(new PurgeCounts(3, 6, 0), counts);
        Assert.Equal(["other-0", "other-1", "other-2"], _recordings.Ask(ExchangeIds));
        Assert.Equal(others.Item1, _recordings.Ask("SELECT * FROM ai_gateway_exchanges ORDER BY exchange_id"));
        Assert.Equal(others.Item2, _recordings.Ask("SELECT * FROM ai_gateway_messages ORDER BY part_id"));
        Assert.Equal(["3"], _recordings.Ask("SELECT count(*) FROM ai_gateway_socket_events"));
        Assert.Empty(_recordings.FilesWith("secret"));
    }

    [Fact]
    public async Task A_directory_goes_with_all_below_it_and_none_beside_it()
    {
        string[] directories = ["/work/a", "/work/a/deep", "/work/ab", "/work", "/work/a\\windows"];
        await _recordings.WriteAsync(directories.Select((directory, i) => Exchange($"ex-{i}", Days[i % 3], "s", directory)));
        await _recordings.WriteAsync(Messages("ex-0", Days[0], "s", "/work/a"));
        await _recordings.WriteAsync(Messages("ex-2", Days[2], "s", "/work/ab"));
        await _recordings.WriteAsync(Exchange("nowhere", Days[0], "s", null));

        var counts = Purge(new PurgeTarget.OfDirectory("/work/a/"));

        Assert.Equal(3, counts!.Value.Exchanges);
        Assert.Equal(["ex-2", "ex-3", "nowhere"], _recordings.Ask(ExchangeIds));
        Assert.Equal(["ex-2-m#0", "ex-2-m#1"], _recordings.Ask("SELECT part_id FROM ai_gateway_messages WHERE cwd IS NOT NULL ORDER BY 1"));
    }

    [Fact]
    public async Task Days_before_one_are_gone_with_their_socket_events()
    {
        await RecordAsync("both");

        var counts = Purge(new PurgeTarget.Before(new DateOnly(2026, 7, 3)));

        Assert.Equal(new PurgeCounts(4, 8, 2), counts);
        Assert.Equal(["other-2", "secret-2"], _recordings.Ask(ExchangeIds));
        Assert.Equal(["2026-07-03"], _recordings.Ask("SELECT DISTINCT date FROM ai_gateway_messages"));
        Assert.Equal(["2026-07-03|1"], _recordings.Ask("SELECT date, count(*) FROM ai_gateway_socket_events GROUP BY 1"));
        Assert.DoesNotContain(_recordings.Files(), file => file.Contains("2026-07-02", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_rules_ignore_now_is_gone_by_their_order_and_what_says_that_something_was()
    {
        var ignored = Exchange("marked", Days[0], null, null);
        ignored.IsIgnored = true;
        await _recordings.WriteAsync(
            Exchange("in-a", Days[0], "x", "/a"), Exchange("in-a-b", Days[1], "x", "/a/b"), Exchange("of-s", Days[2], "s", "/a/b"),
            Exchange("none", Days[0], null, null), ignored);
        await _recordings.WriteAsync(Messages("in-a", Days[0], "x", "/a"));
        var rules = PrivacyRules.Empty
            .With(new() { Directory = "/a", Keep = RecordKeeping.Ignore })
            .With(new() { Directory = "/a/b", Keep = RecordKeeping.All })
            .With(new() { Session = "s", Keep = RecordKeeping.Ignore });

        Purge(new PurgeTarget.Ignored(rules));

        Assert.Equal(["in-a-b", "none"], _recordings.Ask(ExchangeIds));
        Assert.DoesNotContain(_recordings.Ask(PartIds), part => part.StartsWith("in-a-m", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Everything_is_everything()
    {
        await RecordAsync("both");

        Assert.Equal(new PurgeCounts(6, 12, 3), Purge(new PurgeTarget.All()));

        Assert.Equal(["0"], _recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges"));
        Assert.Equal(["0"], _recordings.Ask("SELECT count(*) FROM ai_gateway_messages"));
        Assert.Equal(["0"], _recordings.Ask("SELECT count(*) FROM ai_gateway_socket_events"));
        Assert.Equal(["compact.lock", "manifest.json"], _recordings.Files());
    }

    /// <summary>A session that looks like a secret stands in its messages by a hash.</summary>
    [Fact]
    public async Task Messages_belong_to_their_exchange_whatever_they_say_of_the_session()
    {
        await _recordings.WriteAsync(Exchange("ex-1", Days[0], "plain", null), Exchange("ex-2", Days[0], "other", null));
        await _recordings.WriteAsync(Messages("ex-1", Days[0], "hash-of-it", null).Concat(Messages("ex-2", Days[0], "other", null)));

        Purge(new PurgeTarget.OfSession("plain"));
        Assert.Equal(["ex-2-m#0", "ex-2-m#1"], _recordings.Ask(PartIds));

        Purge(new PurgeTarget.OfSession("other"));
        Assert.Empty(_recordings.Ask(ExchangeIds));
    }

    [Fact]
    public async Task A_quote_in_a_name_is_a_name()
    {
        await _recordings.WriteAsync(Exchange("a", Days[0], "it's'; --", "/it's"), Exchange("b", Days[0], "s", "/it"));

        Purge(new PurgeTarget.OfSession("' OR true --"));
        Assert.Equal(["a", "b"], _recordings.Ask(ExchangeIds));
        Purge(new PurgeTarget.OfSession("it's'; --"));
        Assert.Equal(["b"], _recordings.Ask(ExchangeIds));
    }

    [Fact]
    public async Task A_file_without_such_rows_stays_as_it_is()
    {
        await RecordAsync("parquet");
        var before = Parquet();

        Purge(new PurgeTarget.OfSession("nobody"));
        Assert.Equal(before, Parquet());

        Purge(new PurgeTarget.Before(new DateOnly(2026, 7, 2)));
        Assert.Subset(before.ToHashSet(), Parquet().ToHashSet());
    }

    [Fact]
    public async Task Files_that_wait_for_their_grace_period_do_not_wait_any_more()
    {
        await RecordAsync("segments");
        _recordings.Compact();
        Assert.NotEmpty(_recordings.FilesWith("secret"));

        Purge(new PurgeTarget.OfSession("secret"));

        Assert.Empty(_recordings.FilesWith("secret"));
        Assert.Empty(Directory.EnumerateFiles(_recordings.Segments));
    }

    [Fact]
    public async Task What_a_killed_query_left_on_the_disk_is_gone()
    {
        await RecordAsync("both");
        Directory.CreateDirectory(Path.Combine(_recordings.Folder, "tmp-0123456789ab"));
        await File.WriteAllTextAsync(Path.Combine(_recordings.Folder, "tmp-0123456789ab", "duckdb_temp_storage-0.tmp"), "secret");

        Purge(new PurgeTarget.OfSession("secret"));

        Assert.Empty(_recordings.FilesWith("secret"));
    }

    /// <summary>Killed before any step, nothing is missing but what was meant, and once more finishes.</summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Ended_before_any_step_it_has_lost_nothing_else_and_a_second_one_finishes(string step)
    {
        await RecordAsync("both");
        var others = (_recordings.Ask(WithoutSession("exchanges", "session")), _recordings.Ask(WithoutSession("messages", "session_id")));
        var target = new PurgeTarget.OfSession("secret");

        Assert.Throws<InvalidOperationException>(() =>
            Purge(target, reached: at => _ = at.ToString() == step ? throw new InvalidOperationException("killed") : at));

        Assert.Equal(others.Item1, _recordings.Ask(WithoutSession("exchanges", "session")));
        Assert.Equal(others.Item2, _recordings.Ask(WithoutSession("messages", "session_id")));
        Assert.Contains(_recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges WHERE session = 'secret'")[0], (string[])["0", "3"]);
        Purge(target);
        Assert.Equal(others.Item1, _recordings.Ask("SELECT * FROM ai_gateway_exchanges ORDER BY exchange_id"));
        Assert.Equal(others.Item2, _recordings.Ask("SELECT * FROM ai_gateway_messages ORDER BY part_id"));
        Assert.Empty(_recordings.FilesWith("secret"));
    }

    [Fact]
    public async Task It_waits_for_nobody_who_compacts()
    {
        await RecordAsync("both");
        await using var other = new FileStream(
            Path.Combine(_recordings.Folder, "compact.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);

        Assert.Null(Purge(new PurgeTarget.All()));

        Assert.Equal(6, _recordings.Ask(ExchangeIds).Count);
    }

    [Fact]
    public async Task A_segment_that_grows_is_counted_beforehand_and_left_alone()
    {
        await _recordings.WriteAsync(Exchange("a", Days[0], "secret", null));
        var segment = Directory.EnumerateFiles(_recordings.Segments).Single();
        await using var writer = new FileStream(segment, FileMode.Open, FileAccess.Write, FileShare.None);

        Assert.Equal(1, Preview(new PurgeTarget.OfSession("secret")).Exchanges);
        Assert.Equal(default(PurgeCounts), Purge(new PurgeTarget.OfSession("secret")));

        Assert.Equal(["a"], _recordings.Ask(ExchangeIds));
    }

    [Fact]
    public async Task To_count_changes_nothing()
    {
        await RecordAsync("both");
        var before = _recordings.Files();

        Assert.Equal(new PurgeCounts(3, 6, 0), Preview(new PurgeTarget.OfSession("secret")));

        Assert.Equal(before, _recordings.Files());
    }

    [Fact]
    public async Task Purged_messages_count_as_new_again_and_the_others_do_not()
    {
        await RecordAsync("both");
        var path = Path.Combine(_recordings.Folder, SeenMessages.FileName);
        using (var seen = new SeenMessages(path))
        {
            foreach (var name in new[] { "secret", "other" })
            {
                seen.Add(SeenMessages.ScopeOf(name, null), $"{name}-0-m");
            }

            seen.Flush();
        }

        Purge(new PurgeTarget.OfSession("secret"));

        using var after = new SeenMessages(path);
        Assert.True(after.Add(SeenMessages.ScopeOf("secret", null), "secret-0-m"));
        Assert.False(after.Add(SeenMessages.ScopeOf("other", null), "other-0-m"));
    }

    // As the command does where no gateway runs.
    private PurgeCounts? Purge(PurgeTarget target, Action<PurgeStep>? reached = null) =>
        New(target, reached).RunAsync().GetAwaiter().GetResult();

    private PurgeCounts Preview(PurgeTarget target) => New(target, null).Preview();

    private Purge New(PurgeTarget target, Action<PurgeStep>? reached) => new(_recordings.Folder, target, TimeProvider.System)
    {
        Reached = reached,
        Forget = entries =>
        {
            SeenMessages.ForgetIn(_recordings.Folder, entries);
            return Task.CompletedTask;
        },
    };

    private async Task RecordAsync(string where)
    {
        for (var day = 0; day < Days.Length; day++)
        {
            await _recordings.WriteAsync(
                Exchange($"secret-{day}", Days[day], "secret", "/secret"), Exchange($"other-{day}", Days[day], "other", "/other"));
            await _recordings.WriteAsync(
                Messages($"secret-{day}", Days[day], "secret", "/secret").Concat(Messages($"other-{day}", Days[day], "other", "/other")));
            await _recordings.WriteLinesAsync("socket-events",
                [RecordLine.Write(new() { HappenedAt = At(Days[day]), Kind = "accepted" }, RecordJson.Default.SocketEventRecord).ToArray()]);
            if (where == "parquet" || (where == "both" && day == 1))
            {
                _recordings.Compact(grace: where == "parquet" ? TimeSpan.Zero : null);
            }
        }
    }

    private List<string> Parquet() => [.. _recordings.Files().Where(file => file.EndsWith(".parquet", StringComparison.Ordinal))];

    private static string WithoutSession(string table, string column) =>
        $"SELECT * FROM ai_gateway_{table} WHERE {column} <> 'secret' ORDER BY {(table == "messages" ? "part_id" : "exchange_id")}";

    private static ExchangeRecord Exchange(string id, string day, string? session, string? directory)
    {
        var record = Records.Completed(id);
        (record.StartedAt, record.Session, record.Directory, record.Messages) = (At(day), session, directory, 2);
        return record;
    }

    private static IEnumerable<MessageRecord> Messages(string exchange, string day, string session, string? cwd) =>
        Enumerable.Range(0, 2).Select(part => new MessageRecord
        {
            SessionId = session,
            Provider = "anthropic",
            Cwd = cwd,
            MessageId = $"{exchange}-m",
            PartId = $"{exchange}-m#{part}",
            PartIndex = part,
            PartType = "text",
            Role = "user",
            ContentText = $"words of {session}",
            Attributes = $$$"""{"gateway":{"exchange_id":"{{{exchange}}}"}}""",
            MessageCreatedAt = At(day),
            Date = day,
        });

    private static DateTimeOffset At(string day) => DateTimeOffset.Parse($"{day}T12:00:00Z", CultureInfo.InvariantCulture);
}
