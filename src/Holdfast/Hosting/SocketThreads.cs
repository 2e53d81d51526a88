namespace Holdfast.Hosting;

/// <summary>On which threads the ends of socket operations are handled.</summary>
internal static class SocketThreads
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Lets the threads that hear of a socket's event handle it, instead of handing each to the pool. What they run
    /// may neither block nor take long: requests begin on the pool (Kestrel sees to that), what an upstream says goes to
    /// its client in place (<see cref="Proxy.WakeUp.Resume"/>). Call it before the process's first socket. What the
    /// environment says already stays.</summary>
    public static void HandleEventsInPlace() =>
        Environment.SetEnvironmentVariable(Variable, Environment.GetEnvironmentVariable(Variable) ?? "1");
}
