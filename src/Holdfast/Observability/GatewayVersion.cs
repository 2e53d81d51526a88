using System.Reflection;

namespace Holdfast.Observability;

/// <summary>The version of this build.</summary>
internal static class GatewayVersion
{
    /// <summary><c>0.1.0</c>, without the commit that builds append.</summary>
    public static string Text { get; } =
        typeof(GatewayVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "0";
}
