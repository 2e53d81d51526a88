using System.Globalization;
using System.Text;
using Holdfast.Recording.Records;
using Holdfast.TestKit;
using Holdfast.Tests.Observability;

namespace Holdfast.Tests.Recording;

public sealed class CompactorTests : IDisposable
{
    private const string Everything = "SELECT * FROM ai_gateway_exchanges ORDER BY started_at, exchange_id";
    private const string EveryMessage = "SELECT * FROM ai_gateway_messages ORDER BY part_id";
    private const string EveryAttempt = "SELECT * FROM ai_gateway_attempts ORDER BY exchange_id, attempt";

    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    [Fact]
    public async Task Every_table_answers_the_same_before_and_after()
    {
        await _recordings.WriteAsync(Mixed(300));
        var before = (_recordings.Ask(Everything), _recordings.Ask(EveryMessage), _recordings.Ask(EveryAttempt));

        Assert.True(_recordings.Compact());

        Assert.Equal(300, before.Item1.Count);
        Assert.Equal(before.Item1, _recordings.Ask(Everything));
        Assert.Equal(before.Item2, _recordings.Ask(EveryMessage));
        Assert.Equal(before.Item3, _recordings.Ask(EveryAttempt));
        Assert.Contains(_recordings.Files(), file => file.EndsWith(".parquet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_day_is_a_file_and_what_is_recorded_later_is_added()
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"), On("2026-07-02", "b"));
        _recordings.Compact();
        await _recordings.WriteAsync(On("2026-07-02", "c"));

        Assert.Equal(
            ["2026-07-01|1", "2026-07-02|2"], _recordings.Ask("SELECT date, count(*) FROM ai_gateway_exchanges GROUP BY 1 ORDER BY 1"));
        Assert.Equal(2, _recordings.Files().Count(file => file.StartsWith("parquet/exchanges/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_torn_line_costs_that_line_wherever_it_is_torn()
    {
        var whole = RecordLine.Write(Records.Completed("whole"), RecordJson.Default.ExchangeRecord).ToArray();
        for (var length = 1; length < whole.Length; length += 37)
        {
            await _recordings.WriteLinesAsync("exchanges", [whole]);
            var segment = Directory.EnumerateFiles(_recordings.Segments).Order(StringComparer.Ordinal).Last();
            await File.AppendAllTextAsync(segment, Encoding.UTF8.GetString(whole.AsSpan(0, length)));
        }

        var rows = _recordings.Files().Count;
        Assert.Equal([rows.ToString(CultureInfo.InvariantCulture)], _recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges"));
        _recordings.Compact();
        Assert.Equal([rows.ToString(CultureInfo.InvariantCulture)], _recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges"));
    }

    [Fact]
    public async Task What_a_machine_leaves_that_lost_its_power_costs_no_other_line()
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"));
        var segment = Directory.EnumerateFiles(_recordings.Segments).Single();
        await File.AppendAllTextAsync(segment, new string('\0', 4096));

        Assert.Equal(["a"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
        _recordings.Compact();
        Assert.Equal(["a"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
    }

    [Fact]
    public async Task A_segment_that_grows_is_read_and_left_alone()
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"));
        var segment = Directory.EnumerateFiles(_recordings.Segments).Single();

        using (new FileStream(segment, FileMode.Open, FileAccess.Write, FileShare.None))
        {
            _recordings.Compact();
            Assert.Equal(["a"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
            Assert.DoesNotContain(_recordings.Files(), file => file.EndsWith(".parquet", StringComparison.Ordinal));
        }

        _recordings.Compact();
        Assert.Equal(["a"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
        Assert.Contains(_recordings.Files(), file => file.EndsWith(".parquet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_reads_while_it_works_reads_each_row_once()
    {
        await _recordings.WriteAsync(Mixed(50));
        var files = Holdfast.Recording.Files.RecordingFiles.Find(_recordings.Folder);

        _recordings.Compact();

        Assert.All(files.SegmentsOf("exchanges"), segment => Assert.True(File.Exists(segment), "deleted under its reader"));
        Assert.Equal(["50|50"], _recordings.Ask("SELECT count(*), count(DISTINCT exchange_id) FROM ai_gateway_exchanges"));
    }

    [Fact]
    public async Task What_counts_no_more_is_deleted_after_its_time_and_not_before()
    {
        var time = new ManualTime();
        await _recordings.WriteAsync(Mixed(10));
        _recordings.Compact(time: time, grace: TimeSpan.FromMinutes(10));

        time.Advance(TimeSpan.FromMinutes(9));
        _recordings.Compact(time: time, grace: TimeSpan.FromMinutes(10));
        Assert.NotEmpty(Directory.EnumerateFiles(_recordings.Segments));

        time.Advance(TimeSpan.FromMinutes(2));
        _recordings.Compact(time: time, grace: TimeSpan.FromMinutes(10));
        Assert.Empty(Directory.EnumerateFiles(_recordings.Segments));
        Assert.Equal(["10"], _recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges"));
    }

    [Fact]
    public async Task Many_small_files_of_a_day_become_one()
    {
        for (var i = 0; i < 9; i++)
        {
            await _recordings.WriteAsync(On("2026-07-01", $"id-{i}"));
            _recordings.Compact(grace: TimeSpan.Zero);
        }

        _recordings.Compact(grace: TimeSpan.Zero);

        Assert.Equal(["9|9"], _recordings.Ask("SELECT count(*), count(DISTINCT exchange_id) FROM ai_gateway_exchanges"));
        Assert.InRange(_recordings.Files().Count(file => file.StartsWith("parquet/exchanges/", StringComparison.Ordinal)), 1, 2);
    }

    [Fact]
    public async Task Days_that_are_too_old_are_dropped_whole()
    {
        var time = new ManualTime();
        var today = time.GetUtcNow().UtcDateTime.Date;
        var kept = today.AddDays(-90).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var dropped = today.AddDays(-91).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await _recordings.WriteAsync(On(kept, "kept"), On(dropped, "dropped"));

        _recordings.Compact(retentionDays: 90, time, grace: TimeSpan.Zero);

        Assert.Equal(["kept"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
        Assert.DoesNotContain(_recordings.Files(), file => file.Contains(dropped, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_compaction_left_that_was_killed_is_nobodys_and_swept()
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"));
        _recordings.Compact();
        var whole = _recordings.Files().Single(file => file.StartsWith("parquet/exchanges/", StringComparison.Ordinal));
        File.Copy(Path.Combine(_recordings.Folder, whole), Path.Combine(_recordings.Folder, "parquet/exchanges/2026-07-01-0.parquet"));
        await File.WriteAllTextAsync(Path.Combine(_recordings.Folder, "parquet/exchanges/2026-07-01-1.parquet.next"), "half");

        Assert.Equal(["a"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
        _recordings.Compact();

        Assert.Equal(whole, Assert.Single(_recordings.Files(), file => file.StartsWith("parquet/exchanges/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Without_its_list_of_files_nothing_is_deleted_and_it_says_what_is_missing()
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"));
        _recordings.Compact();
        var before = _recordings.Files();
        File.Move(Path.Combine(_recordings.Folder, "manifest.json"), Path.Combine(_recordings.Home, "manifest.json"));

        var refused = Assert.Throws<InvalidDataException>(() => _recordings.Compact());
        Assert.Contains("manifest.json is missing", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => _recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges"));
        File.Move(Path.Combine(_recordings.Home, "manifest.json"), Path.Combine(_recordings.Folder, "manifest.json"));

        Assert.Equal(before, _recordings.Files());
        Assert.Equal(["a"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"version":2,"files":[],"obsolete":[]}""")]
    [InlineData("""{"version":1,"files":null,"obsolete":[]}""")]
    public async Task A_broken_list_of_files_is_told_and_never_replaced(string list)
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"));
        await File.WriteAllTextAsync(Path.Combine(_recordings.Folder, "manifest.json"), list);

        Assert.Throws<InvalidDataException>(() => _recordings.Compact());
        Assert.Throws<InvalidDataException>(() => _recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges"));
        Assert.Equal(list, await File.ReadAllTextAsync(Path.Combine(_recordings.Folder, "manifest.json")));
    }

    [Fact]
    public async Task A_damaged_file_is_left_out_and_all_others_answer()
    {
        await _recordings.WriteAsync(On("2026-07-01", "cut"), On("2026-07-02", "missing"), On("2026-07-03", "fine"));
        _recordings.Compact();
        var exchanges = _recordings.Files().Where(file => file.StartsWith("parquet/exchanges/", StringComparison.Ordinal)).ToList();
        await File.WriteAllBytesAsync(Path.Combine(_recordings.Folder, exchanges[0]), [1, 2, 3]);
        File.Delete(Path.Combine(_recordings.Folder, exchanges[1]));

        Assert.Equal(["fine"], _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges"));
        Assert.Equal(exchanges[..2], Holdfast.Recording.Files.RecordingFiles.Find(_recordings.Folder).Damaged);
    }

    [Fact]
    public async Task A_segment_that_cannot_be_read_keeps_no_other_from_being_compacted()
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"));
        await _recordings.WriteLinesAsync("exchanges", [new byte[40 * 1024 * 1024]]);
        await _recordings.WriteAsync(On("2026-07-02", "b"));

        Assert.ThrowsAny<Exception>(() => _recordings.Compact());

        Assert.Equal(
            ["2026-07-01", "2026-07-02"],
            _recordings.Files().Where(file => file.StartsWith("parquet/exchanges/", StringComparison.Ordinal))
                .Select(file => file["parquet/exchanges/".Length..][..10]));
    }

    [Fact]
    public async Task What_it_writes_is_for_its_user_only()
    {
        await _recordings.WriteAsync(On("2026-07-01", "a"));
        _recordings.Compact();

        foreach (var file in _recordings.Files().Where(file => !OperatingSystem.IsWindows() && file != "compact.lock"))
        {
            var mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(Path.Combine(_recordings.Folder, file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        }
    }

    [Fact]
    public void Two_never_work_at_once()
    {
        Directory.CreateDirectory(_recordings.Folder);
        using var other = new FileStream(
            Path.Combine(_recordings.Folder, "compact.lock"), FileMode.Create, FileAccess.Write, FileShare.None);

        Assert.False(_recordings.Compact());
    }

    [Fact]
    public async Task Files_of_an_older_version_lack_columns_and_are_read_all_the_same()
    {
        await _recordings.WriteLinesAsync(
            "exchanges", ["""{"exchange_id":"old","started_at":"2026-07-01T12:00:00+00:00","a_column_of_later":1}"""u8.ToArray()]);

        _recordings.Compact();

        Assert.Equal(["old|NULL"], _recordings.Ask("SELECT exchange_id, retry_of FROM ai_gateway_exchanges"));
    }

    private static ExchangeRecord On(string date, string id)
    {
        var record = Records.Completed(id);
        record.StartedAt = DateTimeOffset.Parse($"{date}T12:00:00Z", CultureInfo.InvariantCulture);
        return record;
    }

    // Of two days, some failed, some with attempts that did.
    private static IEnumerable<ExchangeRecord> Mixed(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var record = i % 3 == 0 ? Records.Failed() : Records.Completed();
            record.ExchangeId = $"ex-{i:0000}";
            record.StartedAt = record.StartedAt.AddHours(i);
            record.ErrorDetail = i % 5 == 0 ? "line\nend, \"quoted\" — ünïcode" : null;
            if (i % 4 == 0)
            {
                record.Attempts = 2;
                record.FailedAttempts =
                [
                    new()
                    {
                        Attempt = 1, Upstream = "first", Phase = Phase.Held, Error = "stream_reset", Reason = "timeout",
                        Action = "fallback", EndedMs = 12.5,
                    },
                ];
            }

            yield return record;
        }
    }
}
