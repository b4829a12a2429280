using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using ModelService.Api.Contracts;
using ModelService.Imaging.Drawing;
using ModelService.Models.Errors;
using ModelService.Models.Explanation;

namespace ModelService.Api.Requests;

/// <summary>The query of feature maps and filters, and their answers.</summary>
internal static class FeatureQuery
{
    // A picture of more tiles can't be looked at.
    private const int MostTiles = 256;
    private const int DefaultTiles = 64;

    /// <summary>Reads the query.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static FeatureTerms Read(string? channels, FeatureOutput form, bool together, ColorScale colors, bool legend)
    {
        var isDrawn = form == FeatureOutput.Grid;
        var (first, count) = ReadRange(channels, isDrawn ? DefaultTiles : int.MaxValue);
        if (isDrawn && count > MostTiles)
            throw Invalid($"A grid has at most {MostTiles} channels, not {count}. Ask for fewer.");
        return new FeatureTerms(first, count, isDrawn, together, colors, legend);
    }

    /// <summary>The answer.</summary>
    public static ActionResult Send(ControllerBase controller, FeatureResult result, FeatureOutput form)
    {
        var version = result.Source?.Version.ToString(CultureInfo.InvariantCulture) ?? "";
        switch (form)
        {
            case FeatureOutput.Json:
                return new JsonResult(FeatureResponse.Create(result));
            case FeatureOutput.Safetensors:
                var metadata = new Dictionary<string, string>
                {
                    ["model"] = result.Source?.Model ?? "",
                    ["version"] = version,
                    ["layer"] = result.Layer,
                    ["first"] = result.First.ToString(CultureInfo.InvariantCulture),
                };
                return controller.File(
                    NumberFile.Write("features", result.Values, metadata),
                    "application/octet-stream",
                    "features.safetensors"
                );
            default:
                controller.Response.Headers["X-Features-Layer"] = Uri.EscapeDataString(result.Layer);
                return controller.File(result.Picture!, "image/png");
        }
    }

    private static (int First, int Count) ReadRange(string? text, int most)
    {
        if (text is null)
            return (0, most);
        var ends = text.Split('-');
        if (ends.Length > 2 || !TryRead(ends[0], out var first) || !TryRead(ends[^1], out var last) || last < first)
        {
            throw Invalid($"'{Suggestions.Shorten(text)}' is no range: write a number, or two such as 0-15.");
        }

        return (first, last - first + 1);
    }

    private static bool TryRead(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < int.MaxValue;

    private static ServingException Invalid(string detail) =>
        new(ErrorCode.MalformedRequest, detail, [new ErrorDetail("?channels", detail)]);
}
