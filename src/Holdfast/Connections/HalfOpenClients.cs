namespace Holdfast.Connections;

/// <summary>Finds clients whose machine vanished without a word while they are being answered: bytes of ours are
/// unacknowledged, and nothing was acknowledged for long. A client that merely reads slowly keeps acknowledging,
/// and is left alone. Clients on this machine cannot vanish so.</summary>
internal sealed class HalfOpenClients(
    ConnectionWatch connections, SocketCounters counters, TimeProvider time, ILogger<HalfOpenClients> logger)
    : BackgroundService
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(15);

    // Long enough for a laptop that changes networks; the kernel alone would take a quarter of an hour.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(2);

    /// <summary>Whether such a peer is gone.</summary>
    public static bool IsGone(TcpInfo peer) => peer.UnackedSegments > 0 && peer.SinceLastAck >= LongestSilence;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var state in connections.Open.Where(state => !state.IsLoopback && state.IsBusy))
            {
                Check(state);
            }
        }
    }

    private void Check(ConnectionState state)
    {
        if (state.Socket is { } socket && TcpInfo.Of(socket) is { } peer && IsGone(peer))
        {
            counters.Count(SocketEvent.HalfOpenClient, state.Id);
            logger.HalfOpenClient(state.Id, peer.SinceLastAck);
            state.Abort("The client no longer acknowledges anything.");
        }
    }
}
