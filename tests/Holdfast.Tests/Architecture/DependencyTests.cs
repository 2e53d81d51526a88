using System.Text.RegularExpressions;

namespace Holdfast.Tests.Architecture;

/// <summary>Who may use whom: a table of namespace, what is forbidden to it, and why.</summary>
public sealed partial class DependencyTests
{
    public static TheoryData<string, string, string> Forbidden => new()
    {
        { "src/Holdfast.Wire", @"System\.Net\.Http|Microsoft\.AspNetCore|Microsoft\.Extensions|System\.Net\.Sockets|System\.IO\.File", "protocols touch bytes only" },
        { "src/Holdfast.Wire", @"Holdfast\.(?!Wire)", "protocols know nobody" },
        { "src/Holdfast.Recording", @"Holdfast\.(?!Wire|Recording)|Microsoft\.AspNetCore", "recording knows neither the request path nor HTTP" },
        { "src/Holdfast.Accounts", @"Holdfast\.(?!Wire\.Usage|Accounts)|Microsoft\.AspNetCore|System\.Net", "accounts know tokens, neither the request path nor HTTP" },
        { "src/Holdfast.Simulator", @"Holdfast\.(?!Simulator)|Microsoft\.AspNetCore|System\.Net\.Http", "the simulator must not share the gateway's bugs" },
        { "src/Holdfast/Proxy", @"Holdfast\.(Admin|Cli|Clients)", "the request path serves clients, not operators" },
        { "src/Holdfast/Routing", @"Holdfast\.(Admin|Cli|Clients|Observability)", "routing decides, it does not watch" },
        { "src/Holdfast/Upstreams", @"Holdfast\.(Proxy|Routing|Admin|Cli|Observability)", "connections know no exchange" },
        { "src/Holdfast/Observability", @"Holdfast\.(Proxy|Routing|Upstreams|Admin|Cli)", "what observes is told, it does not ask" },
        { "src/Holdfast/Configuration", @"Holdfast\.(Admin|Cli|Observability)", "settings know who reads them, not who serves them" },
        { "src/Holdfast/Failover", @"Microsoft\.AspNetCore|Microsoft\.Extensions|System\.Net|Holdfast\.(?!Failover)", "failover judges, it does not act" },
        { "src/Holdfast/Journal", @"Holdfast\.(?!Journal)", "the journal knows turns, not how they come about" },
        { "src/Holdfast/Admin", @"Holdfast\.(Proxy|Cli|Upstreams)", "status reads what is published for it" },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void A_folder_uses_only_what_it_may(string folder, string forbidden, string why)
    {
        var wrong =
            from file in Repository.Files(folder, "*.cs")
            from line in File.ReadLines(file)
            let used = Using().Match(line)
            where used.Success && Regex.IsMatch(used.Groups["name"].Value, $"^(?:{forbidden})", RegexOptions.None, TimeSpan.FromSeconds(1))
            select $"{Repository.Relative(file)}: {line.Trim()} ({why})";

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var wrong =
            from file in Repository.Files("src", "*.cs")
            let folder = Path.GetDirectoryName(Repository.Relative(file))![4..].Replace('/', '.')
            from line in File.ReadLines(file)
            where line.StartsWith("namespace ", StringComparison.Ordinal) && line != $"namespace {folder};"
            select $"{Repository.Relative(file)}: {line}";

        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"^\s*(global )?using (static )?(?<name>[A-Z][\w.]*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Using();
}
