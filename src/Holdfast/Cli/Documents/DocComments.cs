using System.Text;
using System.Xml.Linq;
using Holdfast.Accounts.Pricing;
using Holdfast.Configuration;
using Holdfast.Recording.Records;
using Holdfast.Wire;

namespace Holdfast.Cli.Documents;

/// <summary>The doc comments of options and records, as Markdown, from the XML files the compiler writes beside their
/// assemblies.</summary>
internal sealed class DocComments(IReadOnlyDictionary<string, string> summaries)
{
    public static DocComments Load()
    {
        Type[] known = [typeof(HoldfastOptions), typeof(ExchangeRecord), typeof(Fidelity), typeof(PriceOptions)];
        var files = known.Select(type => XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{type.Assembly.GetName().Name}.xml")));
        return new(files.SelectMany(file => file.Descendants("member"))
            .Where(member => member.Element("summary") is not null)
            .Where(member => member.Attribute("name")!.Value.Contains(":Holdfast.", StringComparison.Ordinal))
            .ToDictionary(
                member => member.Attribute("name")!.Value,
                member => ToMarkdown(member.Element("summary")!),
                StringComparer.Ordinal));
    }

    public string OfType(Type type) => summaries[$"T:{type.FullName}"];

    /// <summary>The comment of the option that a setting fills: the property of the same name.</summary>
    public string OfSetting(Type owner, string setting) =>
        summaries[$"P:{owner.FullName}.{char.ToUpperInvariant(setting[0])}{setting[1..]}"];

    /// <summary>The comment of a property; null where it has none.</summary>
    public string? OfProperty(Type owner, string property) => summaries.GetValueOrDefault($"P:{owner.FullName}.{property}");

    /// <summary>The comment of a word.</summary>
    public string OfMember(Type type, string member) => summaries[$"F:{type.FullName}.{member}"];

    private static string ToMarkdown(XElement summary)
    {
        var text = new StringBuilder();
        foreach (var node in summary.Nodes())
        {
            text.Append(node switch
            {
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                XElement { Name.LocalName: "see" } see => $"`{LastName(see.Attribute("cref")!.Value)}`",
                XText plain => plain.Value,
                _ => "",
            });
        }

        var words = text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return Markdown.WithoutReferences(string.Join(' ', words));
    }

    private static string LastName(string reference)
    {
        var name = reference[(reference.LastIndexOf('.') + 1)..];
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
