using System.Globalization;

namespace Holdfast.Connections;

/// <summary>On which threads the ends of socket operations are handled.</summary>
internal static class SocketThreads
{
    private const string InPlace = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string Count = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>Lets the threads that hear of a socket's event handle it, instead of handing each to the pool. What they run
    /// may neither block nor take long: requests begin on the pool (Kestrel sees to that), what an upstream says goes to
    /// its client in place (<c>WakeUp.Resume</c>). One such thread for every two cores: the others are the
    /// pool's. Call it before the process's first socket. What the environment says already stays.</summary>
    public static void HandleEventsInPlace()
    {
        SetUnlessSet(InPlace, "1");
        SetUnlessSet(Count, Math.Max(1, Environment.ProcessorCount / 2).ToString(CultureInfo.InvariantCulture));
    }

    private static void SetUnlessSet(string variable, string value) =>
        Environment.SetEnvironmentVariable(variable, Environment.GetEnvironmentVariable(variable) ?? value);
}
