using System.Runtime.CompilerServices;
using Holdfast.TestKit;

namespace Holdfast.Tests;

/// <summary>Whatever these tests rent and give back is poisoned.</summary>
internal static class PoolOfTests
{
#pragma warning disable CA2255 // There is no other place before anything is rented.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Initialize() => PoisoningPool.Install();
}
