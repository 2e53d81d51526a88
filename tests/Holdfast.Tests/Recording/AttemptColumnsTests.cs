using Holdfast.Recording.Files;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Recording.Records;
using Holdfast.Recording.Sql;
using Holdfast.TestKit;
using Holdfast.Tests.Observability;

namespace Holdfast.Tests.Recording;

/// <summary>Every fact of an attempt is a column of <c>ai_gateway_attempts</c>, whatever became of the attempt.</summary>
public sealed class AttemptColumnsTests : IDisposable
{
    private const string Attempts =
        "SELECT exchange_id, attempt, answered, phase, started_ms, events FROM ai_gateway_attempts ORDER BY ALL";

    private readonly RecordingsFolder _recordings = new();

    private static IReadOnlyList<string> Columns { get; } = [.. RecordJson.Default.AttemptRecord.Properties.Select(one => one.Name)];

    /// <summary>Those that stand under another name in the exchange of the attempt that was answered, or not at all.</summary>
    private static IReadOnlyList<string> NotOfTheExchange { get; } =
        ["attempt", "model", "phase", "status", "error", "raw_error", "reason", "kind",
            "rule", "action", "delay_ms", "ended_ms", "started_ms"];

    public void Dispose() => _recordings.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_fact_of_an_attempt_is_a_column(bool isCompacted)
    {
        var failed = new AttemptRecord();
        var exchange = Records.Completed();
        var shared = Columns.Except(NotOfTheExchange, StringComparer.Ordinal).ToList();
        var ofFailed = Fill(RecordJson.Default.AttemptRecord, failed, Columns, from: 100);
        var ofAnswered = Fill(RecordJson.Default.ExchangeRecord, exchange, shared, from: 200);
        (exchange.Attempts, exchange.FailedAttempts) = (2, [failed]);

        await _recordings.WriteAsync(exchange);
        Assert.True(!isCompacted || _recordings.Compact());

        Assert.Equal([ofFailed], _recordings.Ask($"SELECT {Names(Columns)} FROM ai_gateway_attempts WHERE NOT answered"));
        Assert.Equal([ofAnswered], _recordings.Ask($"SELECT {Names(shared)} FROM ai_gateway_attempts WHERE answered"));
        Assert.Equal(
            Columns.Concat(["date", "exchange_id", "started_at", "session", "protocol", "route", "answered"]).Order(StringComparer.Ordinal),
            _recordings.Ask("SELECT column_name FROM (DESCRIBE ai_gateway_attempts)").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_exchange_with_one_attempt_tells_when_that_began()
    {
        var (one, two) = (Records.Completed("one"), Records.Completed("two"));
        (one.DispatchedMs, two.DispatchedMs, two.Attempts) = (1.5, 2.5, 2);

        await _recordings.WriteAsync(one, two);

        Assert.Equal(["one|1.5", "two|NULL"], _recordings.Ask("SELECT exchange_id, started_ms FROM ai_gateway_attempts ORDER BY 1"));
    }

    [Fact]
    public async Task Attempts_of_an_older_version_lack_facts_and_are_read_all_the_same()
    {
        const string Failed = """{"attempt":1,"upstream":"first","phase":"Held","error":"stream_reset","ended_ms":12.5}""";
        await _recordings.WriteLinesAsync("exchanges", Lines("file", Failed));
        _recordings.Compact();
        MakeOlder();
        await _recordings.WriteLinesAsync("exchanges", Lines("line", Failed));
        await _recordings.WriteLinesAsync("exchanges", Lines("new", """{"attempt":1,"phase":"held","started_ms":0.5,"events":3}"""));
        string[] expected =
        [
            "file|1|false|held|NULL|NULL", "file|2|true|NULL|NULL|4", "line|1|false|held|NULL|NULL", "line|2|true|NULL|NULL|4",
            "new|1|false|held|0.5|3", "new|2|true|NULL|NULL|4",
        ];

        var beside = _recordings.Ask(Attempts);
        _recordings.Compact();
        var compacted = _recordings.Ask(Attempts);
        for (var i = 0; i < 8; i++)
        {
            await _recordings.WriteLinesAsync("exchanges", Lines($"z{i}", "{}"));
            _recordings.Compact();
        }

        Assert.Equal(expected, beside);
        Assert.Equal(expected, compacted);
        Assert.Equal(expected, _recordings.Ask(Attempts).Where(row => row[0] != 'z'));
        Assert.InRange(Manifest.Read(_recordings.Folder).Files.Count(file => file.Table == "exchanges"), 1, 7);
    }

    private static IEnumerable<byte[]> Lines(string id, string attempt) => [Encoding.UTF8.GetBytes(
        $$"""{"exchange_id":"{{id}}","started_at":"2026-07-01T12:00:00+00:00","attempts":2,"end":"completed","events":4"""
        + $",\"failed_attempts\":[{attempt}]}}")];

    // Attempts in files then have the columns they had before these facts were theirs.
    private void MakeOlder()
    {
        using var database = new DuckDb(512 * 1024 * 1024, threads: 1, Path.GetTempPath());
        var manifest = Manifest.Read(_recordings.Folder);
        foreach (var file in manifest.Files.Where(file => file.Table == "exchanges"))
        {
            var path = Path.Combine(_recordings.Folder, file.Name);
            database.Execute(
                $"""
                COPY (
                  SELECT * REPLACE (list_transform(failed_attempts, lambda one: struct_pack(
                    attempt := one.attempt, upstream := one.upstream, phase := one.phase, error := one.error, ended_ms := one.ended_ms))
                    AS failed_attempts)
                  FROM read_parquet({DuckDb.Quote(path)})
                ) TO {DuckDb.Quote($"{path}.older")} (FORMAT parquet)
                """);
            File.Move($"{path}.older", path, overwrite: true);
        }

        (manifest with { Files = [.. manifest.Files.Select(file => file.Table == "exchanges" ? Older(file) : file)] })
            .Write(_recordings.Folder);
    }

    private ParquetFile Older(ParquetFile file) =>
        file with { Form = "older", Bytes = new FileInfo(Path.Combine(_recordings.Folder, file.Name)).Length };

    /// <summary>Gives members values that no other has, as far as their types allow it.</summary>
    /// <returns>The values as the engine prints them.</returns>
    private static string Fill(JsonTypeInfo type, object record, IReadOnlyList<string> names, int from)
    {
        var texts = names.Select((name, at) =>
        {
            var member = type.Properties.Single(one => one.Name == name);
            var kind = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
            var last = kind.IsEnum ? Enum.GetValues(kind).Cast<object>().Last() : null;
            object value = kind == typeof(string) ? $"{name} {from}"
                : kind == typeof(bool) ? true
                : kind == typeof(double) ? from + at + 0.5
                : last ?? Convert.ChangeType(from + at, kind, CultureInfo.InvariantCulture);
            member.Set!(record, value);
            return value switch
            {
                bool => "true",
                UsageState state => state.Word(),
                CostState state => state.Word(),
                Side side => side.Word(),
                Phase phase => phase.Word(),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture),
            };
        });
        return string.Join('|', texts);
    }

    private static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(DuckDb.Name));
}
