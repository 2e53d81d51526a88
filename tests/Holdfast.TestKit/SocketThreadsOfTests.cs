using System.Runtime.CompilerServices;
using Holdfast.Connections;

namespace Holdfast.TestKit;

/// <summary>Tests handle socket events on the threads on which <c>holdfast serve</c> does.</summary>
internal static class SocketThreadsOfTests
{
#pragma warning disable CA2255 // There is no other place before a test process's first socket.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Initialize() => SocketThreads.HandleEventsInPlace();
}
