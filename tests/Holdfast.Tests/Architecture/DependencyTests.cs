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
        { "src/Holdfast/Proxy", @"Holdfast\.(Admin|Cli\b|Hosting|Configuration|Recording\.Sql)", "the request path serves clients, not operators" },
        { "src/Holdfast/Attempts", @"Holdfast\.(Admin|Cli\b|Hosting|Configuration|Proxy|Recording\.Sql)", "an attempt decides nothing: it returns" },
        { "src/Holdfast/Reattach", @"Holdfast\.(Admin|Cli\b|Hosting|Configuration|Proxy|Recording\.Sql)", "a turn is found and answered: it returns" },
        { "src/Holdfast/Answers", @"Holdfast\.(Admin|Cli\b|Hosting|Configuration|Proxy|Attempts|Reattach|Upstreams|Recording\.Sql)", "the client's side knows no upstream" },
        { "src/Holdfast/Exchanges", @"Holdfast\.(Admin|Cli\b|Hosting|Configuration|Proxy|Attempts|Reattach|Answers|Vigils|Recording\.Sql)", "what belongs to an exchange works on nothing" },
        { "src/Holdfast/Requests", @"Holdfast\.(Admin|Cli\b|Hosting|Configuration|Proxy|Routing|Upstreams|Exchanges|Answers|Attempts)", "a request is read before anybody is asked" },
        { "src/Holdfast/Routing", @"Holdfast\.(Admin|Cli\b|Hosting|Configuration|Observability|Proxy|Attempts)", "routing decides, it does not watch" },
        { "src/Holdfast/Clients", @"Holdfast\.(?!Clients|Connections|Failover)", "who speaks is told by its request alone" },
        { "src/Holdfast/Connections", @"Holdfast\.(Proxy|Routing|Upstreams|Admin|Cli\b|Hosting|Configuration|Exchanges)", "what lies below a request knows none" },
        { "src/Holdfast/Sinks", @"Holdfast\.(Proxy|Routing|Upstreams|Admin|Cli\b|Exchanges|Configuration|Hosting)", "who is told of an ended exchange asks it nothing" },
        { "src/Holdfast/Upstreams", @"Holdfast\.(Proxy|Routing|Admin|Cli\b|Sinks|Exchanges|Configuration|Hosting)", "connections know no exchange" },
        { "src/Holdfast/Observability", @"Holdfast\.(Proxy|Routing|Upstreams|Admin|Cli\b|Sinks|Exchanges|Configuration|Hosting)", "what observes is told, it does not ask" },
        { "src/Holdfast/Configuration", @"Holdfast\.(Admin|Cli\b|Observability|Proxy|Hosting)", "settings know who reads them, not who serves them" },
        { "src/Holdfast/Failover", @"Microsoft\.AspNetCore|Microsoft\.Extensions|System\.Net|Holdfast\.(?!Failover)", "failover judges, it does not act" },
        { "src/Holdfast/Journal", @"Holdfast\.(?!Journal|Wire\.Bytes)", "the journal knows turns, not how they come about; of bytes only where they are rented" },
        { "src/Holdfast/Admin", @"Holdfast\.(Proxy|Cli\b|Upstreams)", "status reads what is published for it" },
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

    [Fact]
    public void Pooled_arrays_come_from_one_place()
    {
        var wrong =
            from folder in (string[])["src/Holdfast", "src/Holdfast.Wire", "src/Holdfast.Recording", "src/Holdfast.Accounts"]
            from file in Repository.Files(folder, "*.cs")
            where Path.GetFileName(file) != "BufferPool.cs"
            from line in File.ReadLines(file)
            where Regex.IsMatch(line, @"\b(?:ArrayPool|MemoryPool)<", RegexOptions.None, TimeSpan.FromSeconds(1))
            select $"{Repository.Relative(file)}: {line.Trim()} (tests could not see who reads it after its return)";

        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"^\s*(global )?using (static )?(?<name>[A-Z][\w.]*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Using();
}
