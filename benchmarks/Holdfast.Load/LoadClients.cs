using System.Diagnostics;

namespace Holdfast.Load;

/// <summary>Drives one target with one request from many connections for a bounded time.</summary>
internal static class LoadClients
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Every connection is open before the clock starts, and asks again as soon as it was answered.</summary>
    public static async Task<List<Answer>> RepeatAsync(
        Target target, ReadOnlyMemory<byte> request, int connections, TimeSpan length)
    {
        using var deadline = new CancellationTokenSource(length + Grace);
        var clients = Enumerable.Range(0, connections).Select(_ => new LoadClient(target.Address)).ToList();
        await Task.WhenAll(clients.Select(client => client.ConnectAsync(deadline.Token)));
        var started = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(clients.Select(client => Task.Run(() => AskAsync(client))));
        clients.ForEach(client => client.Dispose());
        return [.. answers.SelectMany(each => each)];

        async Task<List<Answer>> AskAsync(LoadClient client)
        {
            var seen = new List<Answer>(64 * 1024);
            while (Stopwatch.GetElapsedTime(started) < length)
            {
                var answer = await client.AskAsync(request, deadline.Token);
                seen.Add(answer);
                if (!answer.IsWhole)
                {
                    // Whoever refuses everything must not turn the load generator into a busy loop.
                    await Task.Delay(10);
                }
            }

            return seen;
        }
    }
}
