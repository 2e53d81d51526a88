namespace Holdfast.Wire.Turns;

/// <summary>One message: whose it is, under which id its author knows it, and its parts.</summary>
public sealed record NeutralMessage(string Role, string? Id)
{
    public List<NeutralPart> Parts { get; } = [];
}
