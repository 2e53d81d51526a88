using Holdfast.Configuration;

namespace Holdfast.Hosting;

/// <summary>What the application takes from outside; tests put their own in the place of the process's.</summary>
internal sealed class GatewayParts
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The folder <c>HOLDFAST_HOME</c>; without one there are no signals and no admin socket.</summary>
    public string? Home { get; init; }

    /// <summary>The program that runs what needs a process of its own; without one, recordings are not compacted.</summary>
    public string? Program { get; init; }

    /// <summary>Reads the configuration again; without it only what is given at the start holds.</summary>
    public Func<ConfigurationResult>? LoadConfiguration { get; init; }

    /// <summary>The file the configuration was read from; null where there is none.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>The file whose change is a change of the configuration, whether it exists or not; null watches none.</summary>
    public string? WatchedFile { get; init; }

    /// <summary>Reads an environment variable; null reads the process's own.</summary>
    public Func<string, string?>? Environment { get; init; }

    /// <summary>Where the exchanges' lines go; null is standard output.</summary>
    public Stream? ExchangeLog { get; init; }

    /// <summary>Where diagnostics go; null is standard error.</summary>
    public Stream? Diagnostics { get; init; }

    /// <summary>Treats clients of this machine like any other: tests have no other machine.</summary>
    public bool TreatsLoopbackAsRemote { get; init; }

    /// <summary>Changes the services last.</summary>
    public Action<IServiceCollection>? Configure { get; init; }
}
