using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Tests.Architecture;

/// <summary>That a file names a type of another folder, or calls an extension method that is declared there.</summary>
/// <param name="From">The file's folder.</param>
/// <param name="To">The type's folder.</param>
/// <param name="File">The file.</param>
/// <param name="Type">The type.</param>
internal sealed record FolderArrow(string From, string To, string File, string Type)
{
    public override string ToString() => $"{From} → {To}: {File} names {Type}";
}

/// <summary>Which folders of a project know which others, computed from its sources. A type that is used without being named
/// (the type of a variable, of a member) makes no arrow.</summary>
internal static class FolderGraph
{
    // What the build itself puts at the top of every file.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    // Read once: whatever the tests themselves run on, the other projects among it.
    private static readonly (string Name, MetadataReference Reference)[] Libraries =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(file => (Path.GetFileNameWithoutExtension(file), (MetadataReference)MetadataReference.CreateFromFile(file))),
    ];

    private static readonly CSharpParseOptions Syntax = new(LanguageVersion.CSharp14);

    /// <summary>The arrows between the folders of a project.</summary>
    /// <param name="project">The project's folder.</param>
    /// <param name="sources">The path and the text of each file.</param>
    public static IReadOnlyList<FolderArrow> Of(string project, IEnumerable<(string Path, string Text)> sources)
    {
        var trees = sources.Select(source => CSharpSyntaxTree.ParseText(source.Text, Syntax, source.Path)).ToList();
        var compilation = CSharpCompilation.Create(
            Path.GetFileName(project),
            [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings, Syntax)],
            ReferencesOf(Path.GetFileName(project)),
            new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        var declared = trees.SelectMany(NamesDeclaredIn).ToHashSet(StringComparer.Ordinal);
        return [.. trees.SelectMany(tree => ArrowsOf(tree, compilation, declared)).Distinct()];
    }

    /// <summary>The arrows that lie in a circle: from their end, a way leads back to their beginning.</summary>
    public static IReadOnlyList<FolderArrow> Circles(IReadOnlyList<FolderArrow> arrows)
    {
        var next = arrows.ToLookup(arrow => arrow.From, arrow => arrow.To, StringComparer.Ordinal);
        var within = arrows.Select(arrow => arrow.To).Distinct().ToDictionary(folder => folder, folder => ReachedFrom(folder, next));
        return [.. arrows.Where(arrow => within[arrow.To].Contains(arrow.From)).OrderBy(arrow => arrow.ToString(), StringComparer.Ordinal)];
    }

    private static IEnumerable<FolderArrow> ArrowsOf(SyntaxTree tree, CSharpCompilation compilation, HashSet<string> declared)
    {
        var model = compilation.GetSemanticModel(tree);
        var here = Path.GetDirectoryName(tree.FilePath)!;
        return
            from name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
            where declared.Contains(name.Identifier.ValueText)
            let type = TypeNamedBy(name, model)
            where type is not null
            from place in type.DeclaringSyntaxReferences
            let there = Path.GetDirectoryName(place.SyntaxTree.FilePath)!
            where there != here
            select new FolderArrow(here, there, tree.FilePath, type.Name);
    }

    /// <summary>The names a type or an extension method of the project is told by: to understand any other is lost time.</summary>
    private static IEnumerable<string> NamesDeclaredIn(SyntaxTree tree) =>
        tree.GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>().SelectMany(member => member switch
        {
            BaseTypeDeclarationSyntax type => [type.Identifier.ValueText, type.Identifier.ValueText.Replace("Attribute", "")],
            DelegateDeclarationSyntax type => [type.Identifier.ValueText],
            MethodDeclarationSyntax { Parent: ExtensionBlockDeclarationSyntax } method => [method.Identifier.ValueText],
            PropertyDeclarationSyntax { Parent: ExtensionBlockDeclarationSyntax } property => [property.Identifier.ValueText],
            MethodDeclarationSyntax
            {
                ParameterList.Parameters: [{ Modifiers: [{ RawKind: (int)SyntaxKind.ThisKeyword }, ..] }, ..],
            } method =>
                [method.Identifier.ValueText],
            _ => (IEnumerable<string>)[],
        });

    private static INamedTypeSymbol? TypeNamedBy(SimpleNameSyntax name, SemanticModel model)
    {
        var info = model.GetSymbolInfo(name);
        return (info.Symbol ?? info.CandidateSymbols.FirstOrDefault()) switch
        {
            // A constructor is how the name of an attribute, or of a base with arguments, is understood.
            IMethodSymbol { MethodKind: MethodKind.Constructor } method => method.ContainingType,
            IMethodSymbol { IsExtensionMethod: true } method => method.ContainingType,
            IMethodSymbol { ContainingType.IsExtension: true } method => method.ContainingType.ContainingType,
            INamedTypeSymbol type => type,
            _ => null,
        };
    }

    private static IEnumerable<MetadataReference> ReferencesOf(string project) =>
        Libraries.Where(library => !library.Name.Equals(project, StringComparison.OrdinalIgnoreCase)).Select(library => library.Reference);

    private static HashSet<string> ReachedFrom(string folder, ILookup<string, string> next)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([folder]);
        while (open.TryPop(out var one))
        {
            if (reached.Add(one))
            {
                foreach (var further in next[one])
                {
                    open.Push(further);
                }
            }
        }

        return reached;
    }
}
