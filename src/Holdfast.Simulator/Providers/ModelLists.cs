using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Providers;

/// <summary>The models the simulator lists: examples of what the parts of a name do.</summary>
internal static class ModelLists
{
    private static readonly (string Id, string Name)[] Models =
    [
        ("sim", "Simulator: answers at once"),
        ("sim-n50-i100", "Simulator: streams slowly"),
        ("sim-think3", "Simulator: thinks first"),
        ("sim-tool", "Simulator: calls a tool"),
        ("sim-err3", "Simulator: fails after three deltas"),
        ("sim-rst3", "Simulator: cuts the connection after three deltas"),
        ("sim-stall3x60000", "Simulator: is silent for a minute"),
        ("sim-h529-fails2", "Simulator: is overloaded twice"),
    ];

    public static AnswerContent List(SimulatedProtocol protocol)
    {
        var models = string.Join(',', Models.Select(m => Item(protocol, m.Id, m.Name)));
        return AnswerContent.Json(protocol, 200, TemplatesOf(protocol).Fill("models",
            ("models", models), ("first", Models[0].Id), ("last", Models[^1].Id)));
    }

    public static AnswerContent One(SimulatedProtocol protocol, string id) =>
        AnswerContent.Json(protocol, 200, Item(protocol, id, Models.FirstOrDefault(m => m.Id == id).Name ?? id));

    private static string Item(SimulatedProtocol protocol, string id, string name) =>
        TemplatesOf(protocol).Fill("model", ("id", id), ("name", name));

    private static TemplateFile TemplatesOf(SimulatedProtocol protocol) => protocol switch
    {
        SimulatedProtocol.Anthropic => TemplateFile.Anthropic,
        SimulatedProtocol.Gemini => TemplateFile.Gemini,
        _ => TemplateFile.Chat,
    };
}
