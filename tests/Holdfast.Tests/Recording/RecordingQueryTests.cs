using Holdfast.Recording.Records;
using Holdfast.Recording.Sql;
using Holdfast.TestKit;
using Holdfast.Tests.Observability;

namespace Holdfast.Tests.Recording;

public sealed class RecordingQueryTests : IDisposable
{
    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_reference_statement_counts_failures_by_their_text(bool isCompacted)
    {
        await _recordings.WriteAsync(
            [
                .. Enumerable.Range(0, 16).Select(i => Failed("client_aborted", isSse: true)),
                .. Enumerable.Range(0, 15).Select(i => Failed("client_aborted", isSse: false)),
                .. Enumerable.Range(0, 2).Select(i => Failed("socket hang up", isSse: false)),
                Failed("read ECONNRESET", isSse: true),
                .. Enumerable.Range(0, 40).Select(i => Records.Completed($"fine-{i}")),
            ]);
        if (isCompacted)
        {
            _recordings.Compact();
        }

        Assert.Equal(
            ["client_aborted|true|16", "client_aborted|false|15", "socket hang up|false|2", "read ECONNRESET|true|1"],
            _recordings.Ask(ReferenceStatement.Sql));
    }

    [Fact]
    public async Task Strings_come_out_of_json_bare_and_everything_else_as_it_stands_there()
    {
        await _recordings.WriteAsync(Records.Completed());

        Assert.Equal(
            ["text|true|1.5|{\"a\":1}|[1,2]|NULL|NULL|a \"quote\""],
            _recordings.Ask("""
                SELECT json_extract(j, '$.s'), json_extract(j, '$.b'), json_extract(j, '$.n'), json_extract(j, '$.o'),
                  json_extract(j, '$.l'), json_extract(j, '$.null'), json_extract(j, '$.missing'), json_extract(j, '$.q')
                FROM (SELECT '{"s":"text","b":true,"n":1.5,"o":{"a":1},"l":[1,2],"null":null,"q":"a \"quote\""}' AS j)
                """));
    }

    /// <summary>Whatever form asks for them, what <c>attributes</c> say is the same, read from JSON or from columns of their
    /// own.</summary>
    [Theory]
    [InlineData("SELECT json_extract(attributes, '$.gateway.error'), count(*) FROM ai_gateway_messages GROUP BY 1 ORDER BY 1")]
    [InlineData("SELECT json_extract(m.attributes, '$.gateway.is_sse') AS s FROM ai_gateway_messages m WHERE json_extract_string(m.attributes, '$.gateway.error') IS NULL ORDER BY part_id")]
    [InlineData("SELECT attributes->>'$.gateway.exchange_id' AS id FROM ai_gateway_messages AS x WHERE x.attributes->>'$.gateway.error' LIKE 'read%' ORDER BY id")]
    [InlineData("SELECT sum(CAST(json_extract(attributes, '$.usage.input_tokens') AS BIGINT)) FROM ai_gateway_messages")]
    [InlineData("SELECT part_id, json_extract(attributes, '$.gateway.upstream') AS attributes FROM ai_gateway_messages ORDER BY 1")]
    [InlineData("SELECT *, json_extract(attributes, '$.gateway.upstream') FROM ai_gateway_messages ORDER BY part_id")]
    [InlineData("SELECT json_extract(attributes, '$.gateway.upstream') FROM (SELECT '{\"gateway\":{\"upstream\":\"other\"}}' AS attributes FROM ai_gateway_messages)")]
    [InlineData("WITH m AS (SELECT replace(attributes, 'anthropic', 'x') AS attributes FROM ai_gateway_messages) SELECT json_extract(attributes, '$.gateway.upstream') FROM m")]
    [InlineData("SELECT json_extract(a.attributes, '$.gateway.error') FROM ai_gateway_messages a JOIN ai_gateway_messages b USING (part_id) ORDER BY part_id")]
    [InlineData("SELECT json_extract(attributes, '$.client.name'), json_extract(attributes, '$.gateway') FROM ai_gateway_messages ORDER BY part_id")]
    [InlineData("SELECT (SELECT max(json_extract(attributes, '$.gateway.error')) FROM ai_gateway_messages)")]
    public async Task Attributes_say_the_same_from_json_and_from_columns(string statement)
    {
        var usage = Records.Completed("with usage");
        (usage.UsageState, usage.InputTokens) = (UsageState.Reported, 7);
        await _recordings.WriteAsync(Records.Completed("a"), Failed("read ECONNRESET", isSse: true), usage);
        _recordings.Compact();
        await _recordings.WriteAsync(Records.Completed("b"), Failed("client_aborted", isSse: false));

        // The same, in a form that is never changed.
        var plain = statement.Replace("ai_gateway_messages", "(SELECT * FROM ai_gateway_messages)", StringComparison.Ordinal)
            .Replace(") AS x", ") x", StringComparison.Ordinal);

        Assert.Equal(_recordings.Ask(plain), _recordings.Ask(statement));
        Assert.NotEmpty(_recordings.Ask(statement));
    }

    [Fact]
    public async Task What_everybody_asks_of_attributes_is_read_from_columns_of_its_own()
    {
        await _recordings.WriteAsync(Records.Completed());
        _recordings.Compact();

        var improved = Improved(ReferenceStatement.Sql);

        Assert.DoesNotContain("json_extract", improved, StringComparison.Ordinal);
        Assert.Contains("\"$.gateway.error\"", improved, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Usage_stands_once_an_exchange_so_that_its_sum_is_right()
    {
        var record = Records.Completed();
        (record.UsageState, record.InputTokens, record.OutputTokens, record.CacheReadTokens) = (UsageState.Reported, 10, 20, 300);
        await _recordings.WriteAsync(record, Records.Completed("no usage"));

        Assert.Equal(
            ["10|20|300|330"],
            _recordings.Ask("""
                SELECT sum(CAST(json_extract(attributes, '$.usage.input_tokens') AS BIGINT)),
                  sum(CAST(json_extract(attributes, '$.usage.output_tokens') AS BIGINT)),
                  sum(CAST(json_extract(attributes, '$.usage.cache_read_tokens') AS BIGINT)),
                  sum(CAST(json_extract(attributes, '$.usage.total_tokens') AS BIGINT))
                FROM ai_gateway_messages
                """));
    }

    [Fact]
    public void A_table_has_its_columns_before_anything_is_recorded()
    {
        Assert.Empty(_recordings.Ask(ReferenceStatement.Sql));
        Assert.Equal(
            RecordingViews.Names, _recordings.Ask("SELECT DISTINCT table_name FROM duckdb_columns() WHERE NOT internal AND schema_name = 'main' ORDER BY 1"));
        Assert.Equal(
            RecordingTable.Messages.Columns.Select(column => $"{column.Name}|{column.Type}"),
            _recordings.Ask("SELECT column_name, column_type FROM (DESCRIBE ai_gateway_messages)"));
        Assert.Equal(56, RecordingTable.Messages.Columns.Count);
    }

    [Fact]
    public async Task Every_saved_question_and_the_overview_are_answered_before_and_after_compaction()
    {
        foreach (var isEmpty in new[] { true, false })
        {
            if (!isEmpty)
            {
                var again = Records.Completed("again");
                (again.Reattached, again.RetryOf) = (true, "ex-1");
                var first = Records.Completed();
                (first.UsageState, first.InputTokens, first.CacheReadTokens, first.CacheWriteTokens) = (UsageState.Reported, 1, 2, 3);
                await _recordings.WriteAsync(first, Records.Failed(), again);
            }

            foreach (var sql in SavedQuery.All.Select(saved => saved.Sql("2026-06-01"))
                .Concat(Overview.Sections("2026-06-01").Select(section => section.Sql)).Append(Overview.Probe))
            {
                var before = _recordings.Ask(sql);
                Assert.True(!isEmpty || before.Count == 0 || sql == Overview.Probe, sql);
            }
        }

        var live = SavedQuery.All.Select(saved => _recordings.Ask(saved.Sql("2026-06-01"))).ToList();
        Assert.All(live, rows => Assert.NotEmpty(rows));
        _recordings.Compact();
        Assert.Equal(live, SavedQuery.All.Select(saved => _recordings.Ask(saved.Sql("2026-06-01"))));
    }

    [Theory]
    [InlineData("COPY (SELECT 1) TO '{folder}/x.csv'")]
    [InlineData("EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'")]
    [InlineData("explain (analyze) CREATE TABLE t AS SELECT 1")]
    [InlineData("CREATE TABLE t (a INT)")]
    [InlineData("DROP VIEW ai_gateway_exchanges")]
    [InlineData("INSERT INTO ai_gateway_exchanges VALUES (1)")]
    [InlineData("ATTACH '{folder}/db' AS other")]
    [InlineData("SET memory_limit = '100GB'")]
    [InlineData("PRAGMA database_list")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD '{folder}/x.so'")]
    [InlineData("EXPORT DATABASE '{folder}/x'")]
    [InlineData("CALL pragma_version()")]
    [InlineData("SELECT 1; DROP VIEW ai_gateway_exchanges")]
    [InlineData("SELECT 1; COPY (SELECT 1) TO '{folder}/x.csv'")]
    [InlineData("SELECT * FROM read_text('/etc/hostname')")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM glob('/*')")]
    [InlineData("SELECT * FROM read_text('{folder}/../secret')")]
    [InlineData("SELECT * FROM read_parquet('https://example.com/x.parquet')")]
    [InlineData("EXPLAIN (ANALYZE /*) SELECT 1 --*/ ) COPY (SELECT 42 AS x) TO '{folder}/x.csv' (FORMAT csv)")]
    [InlineData("EXPLAIN EXPLAIN SELECT 1")]
    [InlineData("SELECT * FROM enable_logging('QueryLog', storage='file', storage_path='{folder}')")]
    [InlineData("SELECT * FROM query('SELECT * FROM enable_profiling(format=''json'', save_location=''{folder}/x.json'')')")]
    [InlineData("WITH x AS (SELECT * FROM enable_profiling(format='json', save_location='{folder}/x.json')) FROM x")]
    [InlineData("SELECT (SELECT count(*) FROM enable_profiling(format='json', save_location='{folder}/x.json'))")]
    [InlineData("SELECT * FROM query_table('ai_gateway_exchanges')")]
    [InlineData("SELECT * FROM read_text('{folder}/manifest.json')")]
    [InlineData("SELECT getenv('HOME')")]
    [InlineData("SELECT")]
    [InlineData("")]
    [InlineData("selec 1")]
    [InlineData("SELECT 1) FROM (SELECT 2")]
    public void Whatever_does_more_than_ask_is_refused_and_leaves_nothing(string statement)
    {
        Directory.CreateDirectory(_recordings.Folder);
        File.WriteAllText(Path.Combine(_recordings.Home, "secret"), "canary");

        var refused = Assert.Throws<SqlException>(
            () => _recordings.Ask(statement.Replace("{folder}", _recordings.Folder, StringComparison.Ordinal)));

        Assert.DoesNotContain("canary", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_recordings.Files());
    }

    [Theory]
    [InlineData("SELECT 1 AS a", "1")]
    [InlineData("WITH x AS (SELECT 1 AS a) SELECT a FROM x;", "1")]
    [InlineData("FROM (VALUES (1)) t(a)", "1")]
    [InlineData("VALUES (1)", "1")]
    [InlineData("SELECT 1 -- a comment", "1")]
    [InlineData("/* a comment */ SELECT 1; -- another", "1")]
    [InlineData("SELECT 'it''s; one'", "it's; one")]
    [InlineData("SELECT NULL", "NULL")]
    [InlineData("SELECT {'a': [1, 2]}", "{'a': [1, 2]}")]
    [InlineData("SELECT DATE '2026-07-01' + INTERVAL 1 DAY", "2026-07-02 00:00:00")]
    [InlineData("SELECT a FROM (VALUES (2), (3), (1)) t(a) ORDER BY a DESC", "3,2,1")]
    public void Whatever_only_asks_is_answered(string statement, string rows) =>
        Assert.Equal(rows, string.Join(',', _recordings.Ask(statement)));

    [Theory]
    [InlineData("SELECT a % 50 AS g, count(*) AS n FROM range(100) t(a) GROUP BY 1 ORDER BY n DESC")]
    [InlineData("SELECT a % 50 AS g, count(*) AS n FROM range(100) t(a) GROUP BY ALL ORDER BY n")]
    [InlineData("WITH x AS (SELECT a FROM range(100) t(a)) SELECT a % 50 AS g, count(*) FROM x GROUP BY g ORDER BY 2 DESC, 2 LIMIT 60;")]
    public void Groups_that_tie_come_in_the_order_of_their_columns(string statement) =>
        Assert.Equal(Enumerable.Range(0, 50).Select(g => $"{g}|2"), _recordings.Ask(statement));

    [Theory]
    [InlineData("DESCRIBE ai_gateway_exchanges")]
    [InlineData("SHOW TABLES")]
    [InlineData("SUMMARIZE ai_gateway_socket_events")]
    [InlineData("EXPLAIN SELECT count(*) FROM ai_gateway_messages")]
    [InlineData("EXPLAIN ANALYZE SELECT count(*) FROM ai_gateway_messages")]
    public void Whatever_describes_is_answered(string statement) => Assert.NotEmpty(_recordings.Ask(statement));

    [Fact]
    public async Task A_statement_that_runs_too_long_can_be_stopped()
    {
        using var query = new RecordingQuery(_recordings.Folder, 512 * 1024 * 1024, "");
        var asking = Task.Run(() =>
        {
            using var answer = query.Ask("SELECT count(*) FROM range(1_000_000_000_000) t(a) WHERE a % 7 = 3", asJson: false);
            answer.Rows.Read();
        });

        while (!asking.IsCompleted)
        {
            query.Interrupt();
            await Task.WhenAny(asking, Task.Delay(10));
        }

        await Assert.ThrowsAsync<SqlException>(() => asking).WithinTestTimeout();
    }

    private string Improved(string sql)
    {
        using var database = new DuckDb(512 * 1024 * 1024, threads: 1, _recordings.Home);
        RecordingViews.Create(database, Holdfast.Recording.Files.RecordingFiles.Find(_recordings.Folder), sql);
        return StatementTree.Improve(database, sql, StatementTree.Read(database, sql), columns: 3);
    }

    private static ExchangeRecord Failed(string error, bool isSse)
    {
        var record = Records.Failed();
        record.ExchangeId = Guid.NewGuid().ToString("n");
        (record.Error, record.IsSse, record.Upstream) = (error, isSse, "anthropic");
        return record;
    }
}
