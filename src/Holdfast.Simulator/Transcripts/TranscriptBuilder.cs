using System.Globalization;

namespace Holdfast.Simulator.Transcripts;

/// <summary>Collects the events of one stream and numbers them; every event takes one sequence number.</summary>
internal sealed class TranscriptBuilder(TemplateFile templates, TranscriptShape shape)
{
    private readonly List<TranscriptEvent> _events = [];

    public IReadOnlyList<TranscriptEvent> Events => _events;

    public string Sequence => _events.Count.ToString(CultureInfo.InvariantCulture);

    /// <summary>Adds the named event; <c>%seq%</c> and <c>%model%</c> are known here.</summary>
    public void Add(EventRole role, string name, params ReadOnlySpan<(string Placeholder, string Value)> values)
    {
        var text = templates.Fill(name, values)
            .Replace("%seq%", Sequence, StringComparison.Ordinal)
            .Replace("%model%", shape.Model, StringComparison.Ordinal);
        _events.Add(TranscriptEvent.Of(text + "\n\n", role));
    }

    /// <summary>Adds one delta a text, with a ping between any two when the shape asks for it.</summary>
    /// <param name="name">The event's template; its <c>%text%</c> is already escaped.</param>
    public void AddDeltas(
        string name,
        IEnumerable<string> texts,
        params ReadOnlySpan<(string Placeholder, string Value)> values)
    {
        foreach (var text in texts)
        {
            if (shape.Pings && _events[^1].Role == EventRole.Delta)
            {
                Add(EventRole.Ping, "ping");
            }

            Add(EventRole.Delta, name, [.. values, ("text", text)]);
        }
    }

    public static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
