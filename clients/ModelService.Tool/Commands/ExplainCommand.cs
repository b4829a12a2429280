using System.CommandLine;
using System.Text.Json;
using ModelService.Client;

namespace ModelService.Tool.Commands;

/// <summary>Draws which part of a photo led to a score.</summary>
internal static class ExplainCommand
{
    public static Command Create(Connection connection)
    {
        var model = new Argument<string>("model") { Description = "The model's name." };
        var photo = new Argument<FileInfo>("photo") { Description = "The photo." }.AcceptExistingOnly();
        var output = new Option<string?>("--output")
        {
            Description = "The picture to write; by default PHOTO.explained.png beside the photo.",
        };
        var target = new Option<string?>("--class")
        {
            Description = "The class to explain, by label or index; by default the best one.",
        };
        var method = new Option<string?>("--method")
        {
            Description = "How: grad_cam, hires_cam, layer_cam, grad_cam_pp, integrated_gradients or occlusion.",
        };
        method.AcceptOnlyFromAmong([.. Methods.Keys]);
        var command = new Command("explain", "Draws which part of a photo led to a score.")
        {
            model,
            photo,
            output,
            target,
            method,
        };
        command.SetAction(
            (parsed, cancellation) =>
                connection.RunAsync(
                    parsed,
                    async session =>
                    {
                        var file = parsed.GetRequiredValue(photo).FullName;
                        var options = new ExplainOptions
                        {
                            Class = parsed.GetValue(target),
                            Method = parsed.GetValue(method) is { } name ? Methods[name] : null,
                        };
                        var path = parsed.GetValue(output) ?? file + ".explained.png";
                        await using var picture = await session.Client.Explanations.DrawExplanationAsync(
                            parsed.GetRequiredValue(model),
                            Upload.FromFile(file),
                            ExplanationOutput.Overlay,
                            options,
                            cancellation
                        );
                        await using var written = File.Create(path);
                        await picture.CopyToAsync(written, cancellation);
                        session.Print(path);
                        return ExitCode.Done;
                    }
                )
        );
        return command;
    }

    private static Dictionary<string, ExplanationMethod> Methods { get; } =
        Enum.GetValues<ExplanationMethod>()
            .Where(method => method != ExplanationMethod.Unknown)
            .ToDictionary(method => JsonNamingPolicy.SnakeCaseLower.ConvertName(method.ToString()));
}
