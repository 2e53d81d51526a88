using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Holdfast.Recording.Records;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>What the client of one request of a sweep got.</summary>
/// <param name="Cut">Where the upstream cut.</param>
/// <param name="Head">The answer's head; null where the connection was reset before it.</param>
/// <param name="Body">Its body, chunks decoded.</param>
/// <param name="End">How the transfer ended.</param>
public sealed record CutAnswer(int Cut, RawAnswer? Head, byte[] Body, BodyEnd End)
{
    /// <summary>Our id of the exchange.</summary>
    public string ExchangeId => Head?.Header("holdfast-exchange") ?? "";

    /// <summary>The answer's status; 0 where there was none.</summary>
    public int Status => Head?.Status ?? 0;
}

/// <summary>Sends one request for every place at which an answer can be cut: a few clients in parallel, each on one
/// connection as long as the gateway keeps it open. Owns the gateway.</summary>
public sealed class CutSweep : IAsyncDisposable
{
    private const string CutHeader = "x-test-cut";
    private const int Clients = 8;

    private CutSweep(TestGateway gateway) => Gateway = gateway;

    public TestGateway Gateway { get; }

    /// <summary>A gateway whose upstream cuts its answer where the request says.</summary>
    /// <param name="answerCutAt">The answer, cut after so many bytes.</param>
    public static async Task<CutSweep> StartAsync(Func<int, Answer> answerCutAt)
    {
        var gateway = await TestGateway.StartAsync(simulator: new SimulatorOptions { KeepRequests = false });
        gateway.Upstream.Always(Answer.Choose(request =>
            answerCutAt(int.Parse(request.Header(CutHeader)!, CultureInfo.InvariantCulture))));
        return new CutSweep(gateway);
    }

    /// <summary>Runs the sweep. Every answer is read to its end; each wait has the test deadline.</summary>
    public Task<IReadOnlyList<CutAnswer>> RunAsync(string protocol, bool stream, IEnumerable<int> cuts)
    {
        var (path, body) = SampleRequests.Turn(protocol, stream: stream);
        return RunAsync(path, body, cuts);
    }

    /// <summary>Runs the sweep with a request of the test's own.</summary>
    public async Task<IReadOnlyList<CutAnswer>> RunAsync(string path, string body, IEnumerable<int> cuts)
    {
        var waiting = new ConcurrentQueue<int>(cuts);
        var answers = new ConcurrentBag<CutAnswer>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(WorkAsync)));
        return [.. answers.OrderBy(answer => answer.Cut)];

        async Task<CutAnswer> AskAsync(RawHttpClient client, int cut)
        {
            try
            {
                var head = await client.RequestAsync(
                    "POST", path, body, (CutHeader, cut.ToString(CultureInfo.InvariantCulture)));
                return new CutAnswer(cut, head, await client.ReadToEndAsync(), client.End);
            }
            catch (EndOfStreamException)
            {
                // A reset may overtake everything before it.
                return new CutAnswer(cut, null, [], BodyEnd.Reset);
            }
        }

        async Task WorkAsync()
        {
            while (!waiting.IsEmpty)
            {
                await using var client = await Gateway.ConnectAsync();
                var end = BodyEnd.CleanEnd;
                while (end == BodyEnd.CleanEnd && waiting.TryDequeue(out var cut))
                {
                    var answer = await AskAsync(client, cut);
                    end = answer.End;
                    answers.Add(answer);
                }
            }
        }
    }

    /// <summary>The records of so many exchanges, by exchange id; one each.</summary>
    public async Task<IReadOnlyDictionary<string, ExchangeRecord>> RecordsAsync(int count)
    {
        var records = new Dictionary<string, ExchangeRecord>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var record = await Gateway.NextRecordAsync();
            records.Add(record.ExchangeId, record);
        }

        return records;
    }

    /// <summary>Checks every answer; of those that fail only the first few are shown.</summary>
    public static void CheckEach(IReadOnlyList<CutAnswer> answers, Action<CutAnswer> check)
    {
        var failures = new List<string>();
        foreach (var answer in answers)
        {
            try
            {
                check(answer);
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException or FormatException or KeyNotFoundException)
            {
                failures.Add($"cut at {answer.Cut}: {e.Message}\n{answer.Status} {Encoding.UTF8.GetString(answer.Body)}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {answers.Count} fail.\n{string.Join('\n', failures.Take(3))}");
    }

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
