using System.Collections.Concurrent;
using System.Globalization;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>A fault of an upstream before its first output, and what it is judged to be.</summary>
/// <param name="Name">Its name in the vocabulary of faults.</param>
/// <param name="Answer">What the upstream does.</param>
/// <param name="Verdict">Reason and kind.</param>
internal sealed record Fault(string Name, Answer Answer, string Verdict);

/// <summary>One request that meets a fault.</summary>
internal sealed record FaultCase(string Id, string Protocol, bool Stream, Fault Fault)
{
    /// <summary>Its own model and client, so that no case is the others' trouble.</summary>
    public (string, string)[] Headers => [("x-test-case", Id), ("x-api-key", Id)];
}

/// <summary>What came of it.</summary>
internal sealed record FaultOutcome(FaultCase Case, TurnAnswer Answer);

/// <summary>Sends many requests, each of which meets a fault at the first of two upstreams, and checks that the second's
/// answer arrives as if nothing had been.</summary>
internal static class FaultCases
{
    private const int Clients = 8;

    /// <summary>Every fault for every protocol it exists in.</summary>
    public static IReadOnlyList<FaultCase> Of(
        Func<string, bool, IEnumerable<Fault>> faultsOf, bool streamsOnly = false)
    {
        var cases =
            from protocol in SampleRequests.Protocols
            from stream in streamsOnly ? new[] { true } : [true, false]
            from fault in faultsOf(protocol, stream)
            select (protocol, stream, fault);
        return [.. cases.Select((one, i) => new FaultCase(
            string.Create(CultureInfo.InvariantCulture, $"case-{i}"), one.protocol, one.stream, one.fault))];
    }

    /// <summary>Makes the first upstream do what each case says, and the second be well.</summary>
    public static void Arm(ChainGateway chain, IReadOnlyList<FaultCase> cases, Func<Answer, Answer>? change = null)
    {
        var answers = cases.ToDictionary(one => one.Id, one => change is null ? one.Fault.Answer : change(one.Fault.Answer));
        chain.First.Always(Answer.Choose(request => answers[request.Header("x-test-case")!]));
        chain.Second.Always(Turns.Healthy);
    }

    /// <summary>A few clients send them all.</summary>
    public static async Task<IReadOnlyList<FaultOutcome>> RunAsync(
        ChainGateway chain, IReadOnlyList<FaultCase> cases, int clients = Clients)
    {
        var waiting = new ConcurrentQueue<FaultCase>(cases);
        var outcomes = new ConcurrentBag<FaultOutcome>();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (waiting.TryDequeue(out var one))
            {
                outcomes.Add(new(one, await chain.AskAsync(one.Protocol, one.Stream, one.Id, one.Headers)));
            }
        })));
        return [.. outcomes];
    }

    /// <summary>Checks every outcome; of those that fail only the first few are shown.</summary>
    public static async Task CheckAsync(
        ChainGateway chain, IReadOnlyList<FaultOutcome> outcomes, bool isOpened = false, bool isDispatched = true)
    {
        var records = new Dictionary<string, ExchangeRecord>(StringComparer.Ordinal);
        foreach (var _ in outcomes)
        {
            var record = await chain.NextRecordAsync();
            records.Add(record.ExchangeId, record);
        }

        var asked = chain.Upstreams
            .Select(upstream => upstream.Requests.ToLookup(request => request.Header("x-test-case"))).ToList();
        var failures = new List<string>();
        foreach (var outcome in outcomes)
        {
            try
            {
                CheckAnswer(outcome, isOpened);
                CheckRecord(outcome, records[outcome.Answer.Header("holdfast-exchange")!], isOpened);
                Assert.Equal((isDispatched ? 1 : 0, 1), (asked[0][outcome.Case.Id].Count(), asked[1][outcome.Case.Id].Count()));
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException or FormatException or KeyNotFoundException)
            {
                var (_, protocol, stream, fault) = outcome.Case;
                failures.Add($"{fault.Name}, {protocol}, {(stream ? "stream" : "whole")}: {e.Message}\n  got {outcome.Answer.Status}");
            }
        }

        Assert.True(failures.Count == 0,
            $"{failures.Count} of {outcomes.Count} fail.\n{string.Join('\n', failures.Take(8))}");
    }

    private static void CheckAnswer(FaultOutcome outcome, bool isOpened)
    {
        var (one, answer) = outcome;
        var wanted = Turns.HealthyText(one.Protocol, one.Stream, one.Id);
        Assert.Equal((200, BodyEnd.CleanEnd), (answer.Status, answer.End));
        if (isOpened)
        {
            // Nothing but keepalives before it.
            Assert.Equal("early", answer.Header("holdfast-opened"));
            Assert.EndsWith(wanted, answer.Text, StringComparison.Ordinal);
            Assert.All(SseTranscript.Parse(answer.Text[..^wanted.Length]).Entries,
                entry => Assert.True(entry.Kind != SseKind.Event || entry.Type == "ping", entry.Raw));
            return;
        }

        Assert.Equal(wanted, answer.Text);
        Assert.Equal(
            (ChainGateway.NameOf(one.Protocol, 1), "2", ReasonOf(one.Fault), one.Id),
            (answer.Upstream, answer.Header("holdfast-attempts"), answer.Header("holdfast-fallback-reason"),
                answer.Header("holdfast-model")));
    }

    private static void CheckRecord(FaultOutcome outcome, ExchangeRecord record, bool isOpened)
    {
        var fault = outcome.Case.Fault;
        Assert.Equal(("completed", 2, isOpened), (record.End?.Word(), record.Attempts, record.OpenedEarly));
        Assert.Equal((ReasonOf(fault), ChainGateway.NameOf(outcome.Case.Protocol, 1)), (record.FallbackReason, record.Upstream));
        var failed = Assert.Single(record.FailedAttempts!);
        Assert.Equal((fault.Verdict, "fallback", 1, ChainGateway.NameOf(outcome.Case.Protocol, 0)),
            ($"{failed.Reason}/{failed.Kind}", failed.Action, failed.Attempt, failed.Upstream));
        Assert.NotEmpty(failed.Rule);
        Assert.NotEmpty(failed.Error);
        Assert.True(failed.Phase == Phase.Opened == isOpened && failed.Phase != Phase.Committed, failed.Phase.Word());
    }

    private static string ReasonOf(Fault fault) => fault.Verdict.Split('/')[0];
}
