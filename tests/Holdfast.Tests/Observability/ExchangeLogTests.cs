using Microsoft.Extensions.Logging.Abstractions;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Sinks;
using Holdfast.TestKit;

namespace Holdfast.Tests.Observability;

public sealed class ExchangeLogTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly PrometheusText _text;

    public ExchangeLogTests() => _text = new PrometheusText(_metrics);

    public void Dispose()
    {
        _text.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Each_exchange_is_one_line_of_json_and_stopping_writes_what_waits()
    {
        var sink = new FakeSink();
        var log = new ExchangeLog(sink, _metrics);
        await log.StartAsync(default);

        for (var i = 0; i < 1_000; i++)
        {
            log.Write(Line(Records.Completed($"ex-{i}")));
        }

        await log.StopAsync(default).WithinTestTimeout();

        var lines = sink.Text.Split('\n')[..^1];
        Assert.Equal(1_000, lines.Length);
        var first = JsonSerializer.Deserialize<JsonElement>(lines[0]);
        Assert.Equal("ex-0", first.GetProperty("exchange_id").GetString());
        Assert.Equal("completed", first.GetProperty("end").GetString());
        Assert.Equal(3_000, first.GetProperty("longest_gap_ms").GetDouble());
        Assert.False(first.TryGetProperty("error", out _));
        Assert.True(sink.Writes < 1_000, $"{sink.Writes} writes for 1000 records");
    }

    [Fact]
    public async Task A_text_with_line_ends_stays_on_its_line()
    {
        var sink = new FakeSink();
        var log = new ExchangeLog(sink, _metrics);
        var record = Records.Failed();
        record.ErrorDetail = "first\r\nsecond \"quoted\" ünïcode";

        log.Write(Line(record));
        await log.StopAsync(default).WithinTestTimeout();

        var line = Assert.Single(sink.Text.Split('\n')[..^1]);
        Assert.Equal(record.ErrorDetail, JsonSerializer.Deserialize<JsonElement>(line).GetProperty("error_detail").GetString());
    }

    [Fact]
    public async Task A_stuck_stream_blocks_nobody_and_what_does_not_fit_is_counted()
    {
        var sink = new FakeSink { IsStuck = true };
        var log = new ExchangeLog(sink, _metrics, capacity: 10);
        await log.StartAsync(default);
        log.Write(Line(Records.Completed()));
        await sink.Reached.WithinTestTimeout();

        for (var i = 0; i < 25; i++)
        {
            log.Write(Line(Records.Completed()));
        }

        Assert.Equal(15, PrometheusPage.Parse(_text.Render()).Value("holdfast_records_lost_total", ("holdfast_reason", "queue_full")));
        sink.Release();
        await log.StopAsync(default).WithinTestTimeout();
        Assert.Equal(11, sink.Text.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Before_a_stuck_stream_long_lines_take_no_more_than_64_megabytes()
    {
        var sink = new FakeSink { IsStuck = true };
        var log = new ExchangeLog(sink, _metrics);
        await log.StartAsync(default);
        log.Write(Line(Records.Completed()));
        await sink.Reached.WithinTestTimeout();
        var record = Records.Failed();
        record.ErrorDetail = new string('x', 1024 * 1024);

        for (var i = 0; i < 70; i++)
        {
            log.Write(Line(record));
        }

        Assert.Equal(7, PrometheusPage.Parse(_text.Render()).Value("holdfast_records_lost_total", ("holdfast_reason", "queue_full")));
        sink.Release();
        await log.StopAsync(default).WithinTestTimeout();
        Assert.Equal(64, sink.Text.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Stopping_gives_up_on_a_stuck_stream_when_its_caller_does()
    {
        var sink = new FakeSink { IsStuck = true };
        var log = new ExchangeLog(sink, _metrics);
        await log.StartAsync(default);
        log.Write(Line(Records.Completed()));
        await sink.Reached.WithinTestTimeout();

        await log.StopAsync(new CancellationToken(canceled: true)).WithinTestTimeout();

        Assert.Empty(sink.Text);
        sink.Release();
    }

    [Fact]
    public async Task A_closed_stream_is_survived_and_counted_and_used_again_once_it_works()
    {
        var sink = new FakeSink { IsBroken = true };
        var log = new ExchangeLog(sink, _metrics);
        await log.StartAsync(default);
        log.Write(Line(Records.Completed("lost")));
        await sink.Reached.WithinTestTimeout();

        sink.IsBroken = false;
        log.Write(Line(Records.Completed("kept")));
        await log.StopAsync(default).WithinTestTimeout();

        Assert.Equal(1, PrometheusPage.Parse(_text.Render()).Value("holdfast_records_lost_total", ("holdfast_reason", "sink_failed")));
        Assert.DoesNotContain("lost", sink.Text, StringComparison.Ordinal);
        Assert.Contains("kept", sink.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writing_after_the_stop_is_counted_and_harmless()
    {
        var log = new ExchangeLog(new FakeSink(), _metrics);
        await log.StopAsync(default).WithinTestTimeout();

        log.Write(Line(Records.Completed()));

        Assert.Equal(1, PrometheusPage.Parse(_text.Render()).Value("holdfast_records_lost_total"));
    }

    [Fact]
    public async Task Secrets_in_others_words_never_reach_the_line()
    {
        var sink = new FakeSink();
        var log = new ExchangeLog(sink, _metrics);
        using var traces = new ExchangeTraces();
        var failures = new RecentFailures();
        var reporter = new ExchangeReporter(
            _metrics, new ExchangeTotals(), failures, log, Records.Unrecorded(_metrics), Records.Bodiless(_metrics), traces,
            NullLogger<ExchangeReporter>.Instance);
        var record = Records.Failed();
        record.Query = "?key=CANARY-1&alt=sse";
        record.Error = "refused Bearer CANARY-2";
        record.ErrorDetail = "GET https://host/x?api_key=CANARY-3: sk-ant-CANARY-4";

        reporter.Started();
        reporter.Ended(record);
        await log.StopAsync(default).WithinTestTimeout();

        Assert.DoesNotContain("CANARY", sink.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", failures.Snapshot()[0].ToString(), StringComparison.Ordinal);
        Assert.Contains("?key=***&alt=sse", sink.Text, StringComparison.Ordinal);
    }

    private static ReadOnlySpan<byte> Line(ExchangeRecord record) => RecordLine.Write(record, RecordJson.Default.ExchangeRecord);

    private sealed class FakeSink : Stream
    {
        private readonly ConcurrentQueue<string> _texts = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();

        public bool IsStuck { get; init; }

        public bool IsBroken { get; set; }

        public int Writes { get; private set; }

        public string Text => string.Concat(_texts);

        public Task Reached => _reached.Task;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public void Release() => _released.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var isBroken = IsBroken;
            _reached.TrySetResult();
            if (IsStuck)
            {
                _released.Wait(TestTimeout.Deadline);
            }

            if (isBroken)
            {
                throw new IOException("Broken pipe");
            }

            Writes++;
            _texts.Enqueue(Encoding.UTF8.GetString(buffer));
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
