namespace Holdfast.Configuration.Sources;

/// <summary>One value as it was written, not yet understood. Knows where it came from, not what it should be.</summary>
/// <param name="Source">The variable or option it came from; null when it stands in the file.</param>
/// <param name="Line">Its line in the file; 0 elsewhere.</param>
internal abstract record SettingNode(string? Source, int Line)
{
    /// <summary>Whether it says <c>null</c>: the default is wanted.</summary>
    public virtual bool IsNull => false;
}

/// <summary>A single value.</summary>
internal sealed record ValueNode(ValueForm Form, string Text, string? Source = null, int Line = 0)
    : SettingNode(Source, Line)
{
    public override bool IsNull => Form is ValueForm.Null || (Form is ValueForm.Untyped && Text == "null");
}

/// <summary>A list of values.</summary>
internal sealed record ListNode(IReadOnlyList<SettingNode> Items, string? Source = null, int Line = 0)
    : SettingNode(Source, Line);

/// <summary>A section: named values in the order they were written. Stronger sources overlay weaker ones.</summary>
internal sealed record SectionNode(string? Source = null, int Line = 0) : SettingNode(Source, Line)
{
    private readonly List<Member> _members = [];

    public IReadOnlyList<Member> Members => _members;

    /// <summary>False when the name is taken.</summary>
    public bool TryAdd(string name, SettingNode node)
    {
        if (_members.Exists(member => member.Name == name))
        {
            return false;
        }

        _members.Add(new(name, node));
        return true;
    }

    public void Remove(string name) => _members.RemoveAll(member => member.Name == name);

    /// <summary>Puts a value of a stronger source at a path, making sections on the way.</summary>
    public void Overlay(ReadOnlySpan<string> path, SettingNode node)
    {
        var name = path[0];
        var index = _members.FindIndex(member => IsSameName(member.Name, name));
        if (path.Length > 1)
        {
            var section = (index < 0 ? null : _members[index].Node as SectionNode) ?? new SectionNode(node.Source);
            section.Overlay(path[1..], node);
            node = section;
        }

        if (index < 0)
        {
            _members.Add(new(name, node));
        }
        else
        {
            _members[index] = new(_members[index].Name, node);
        }
    }

    // Names of variables can hold neither "-" nor "." and are written in upper case.
    private static bool IsSameName(string written, string overlaid) =>
        string.Equals(written, overlaid, StringComparison.OrdinalIgnoreCase)
        || string.Equals(written.Replace('-', '_').Replace('.', '_'), overlaid, StringComparison.OrdinalIgnoreCase);
}

/// <summary>One name of a section and what it is given.</summary>
internal sealed record Member(string Name, SettingNode Node);

/// <summary>How a single value was written.</summary>
internal enum ValueForm
{
    Null,
    Boolean,
    Number,
    Text,

    /// <summary>From the environment or the command line, where everything is text.</summary>
    Untyped,
}
