using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Failover;

/// <summary>One rule as it is written. It matches by its codes or by its text; every other condition must hold besides.</summary>
internal sealed class ClassifierRule
{
    /// <summary>Its name, told with each verdict it gives.</summary>
    public string Name { get; set; } = "";

    /// <summary>What a failure is that it matches.</summary>
    public string Reason { get; set; } = "";

    /// <summary>How it happened; without it, what goes with the reason.</summary>
    public string? Kind { get; set; }

    /// <summary>One of these stands in the text, in whatever case.</summary>
    public string[] Contains { get; set; } = [];

    /// <summary>The text is one of these, but for blanks around it and a dot behind it.</summary>
    public string[] Exact { get; set; } = [];

    /// <summary>One of these expressions (<see cref="PatternParser"/>) is found in the text, which is in lower case. Each stands
    /// under a phrase that must be in the text for it to be tried: most texts then need none.</summary>
    public Dictionary<string, string> Patterns { get; set; } = [];

    /// <summary>Each of these stands in the text.</summary>
    public string[] All { get; set; } = [];

    /// <summary>None of these stands in the text.</summary>
    public string[] Unless { get; set; } = [];

    /// <summary>The code or the type is one of these. Enough without a text.</summary>
    public string[] Codes { get; set; } = [];

    /// <summary>Only with one of these statuses, or classes of them (<c>5xx</c>).</summary>
    public string[] Statuses { get; set; } = [];

    /// <summary>Never with one of these statuses; <c>any</c> stands for each.</summary>
    public string[] NotStatuses { get; set; } = [];

    /// <summary>Only from an upstream with one of these words in its name.</summary>
    public string[] Providers { get; set; } = [];

    /// <summary>Not in a text of several headed sections: that is an answer of a model, which may speak of anything.</summary>
    public bool NotInAnswers { get; set; }

    /// <summary>Counts with every status, even one that otherwise says it all.</summary>
    public bool OverStatus { get; set; }

    /// <summary>Whether a match allows or forbids the next candidate; without it, as the reason has it.</summary>
    public bool? MayFallBack { get; set; }

    /// <summary>Whether a match says that the same candidate may be asked again; without it, as the evidence has it.</summary>
    public bool? RetrySame { get; set; }
}

/// <summary>What a status means of which nothing more is known, and which reasons its text may give instead.</summary>
internal sealed class StatusRule
{
    /// <summary>The statuses, or classes of them.</summary>
    public string[] Statuses { get; set; } = [];

    /// <summary>What such a status means by itself.</summary>
    public string Reason { get; set; } = "";

    /// <summary>How it happened; without it, what goes with the reason.</summary>
    public string? Kind { get; set; }

    /// <summary>How it happened when the answer is an HTML page, where that differs.</summary>
    public string? PageKind { get; set; }

    /// <summary>The reasons a text may give in its place; <c>any</c> stands for each.</summary>
    public string[] Texts { get; set; } = [];

    /// <summary>What a text of these statuses that says nothing at all means, where that differs.</summary>
    public string? Empty { get; set; }

    /// <summary>As <see cref="ClassifierRule.MayFallBack"/>.</summary>
    public bool? MayFallBack { get; set; }

    /// <summary>As <see cref="ClassifierRule.RetrySame"/>.</summary>
    public bool? RetrySame { get; set; }
}

/// <summary>The rules as data: <c>classifier-rules.json</c>, which is part of the program.</summary>
internal sealed class ClassifierRules
{
    /// <summary>Texts of a provider or an edge, in the order in which they are tried.</summary>
    public ClassifierRule[] Rules { get; set; } = [];

    /// <summary>Pages that are not judged by their status alone.</summary>
    public ClassifierRule[] Pages { get; set; } = [];

    /// <summary>Statuses, in the order in which they are tried.</summary>
    public StatusRule[] Statuses { get; set; } = [];

    /// <summary>Statuses that are evidence that the same candidate may be asked again.</summary>
    public string[] TransientStatuses { get; set; } = [];

    /// <summary>Codes and texts that are.</summary>
    public ClassifierRule Transient { get; set; } = new();

    /// <summary>A limit so long that asking again is pointless.</summary>
    public ClassifierRule LongWindow { get; set; } = new();

    /// <summary>Reads the rules the program brings.</summary>
    public static ClassifierRules Load()
    {
        using var stream = typeof(ClassifierRules).Assembly.GetManifestResourceStream("classifier-rules.json")!;
        return JsonSerializer.Deserialize(stream, ClassifierRulesJson.Default.ClassifierRules)!;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ClassifierRules))]
internal sealed partial class ClassifierRulesJson : JsonSerializerContext;
