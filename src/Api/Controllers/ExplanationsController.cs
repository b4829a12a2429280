using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Cluster;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Imaging.Drawing;
using ModelService.Models.Errors;
using ModelService.Models.Explanation;

namespace ModelService.Api.Controllers;

/// <summary>Explains scores, and shows what layers see.</summary>
[ApiController]
[Authorize(Scopes.Predict)]
[RunsModel]
[Route("v1/models/{name}")]
[Produces("image/png", "application/json", "application/octet-stream")]
public sealed class ExplanationsController(ExplanationService explanations, IOptions<LimitsOptions> limits)
    : ControllerBase
{
    /// <summary>Shows which part of an image led to a score.</summary>
    /// <remarks>
    /// The body has one image, in one of the forms of a prediction. Explanations are computed one at a time, behind
    /// predictions. Without <c>output</c>, a client that accepts JSON and no image gets JSON, and others the overlay;
    /// the headers <c>X-Explanation-Layer</c>, <c>X-Explanation-Class</c> and <c>X-Explanation-Flat</c> say what is
    /// seen. Every version is explained in float32.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="method">
    /// The method. <c>grad_cam</c> suits most networks, <c>hires_cam</c> those that flatten before their head,
    /// <c>layer_cam</c> early layers; <c>occlusion</c> needs no gradients; <c>integrated_gradients</c> explains every
    /// number of the input.
    /// </param>
    /// <param name="class">The class: <c>top</c>, a label, or an index from 0.</param>
    /// <param name="layer">The layer's path. By default the last one before the head that has a spatial size.</param>
    /// <param name="output">The form of the answer.</param>
    /// <param name="view">What the overlay is drawn over: the picture that the network saw, or the whole photo.</param>
    /// <param name="legend">Whether a bar beside the picture says what the colours mean.</param>
    /// <param name="steps">Of <c>integrated_gradients</c>: points along the line from zeros to the input.</param>
    /// <param name="window">Of <c>occlusion</c>: side of the square that is covered, in pixels of the input.</param>
    /// <param name="stride">Of <c>occlusion</c>: distance between the squares.</param>
    /// <param name="faithfulness">Whether the map is checked by covering and uncovering the image.</param>
    /// <response code="200">The explanation, in the form that was asked for.</response>
    [HttpPost("explain", Name = "explain")]
    [HttpPost("versions/{version:int}/explain", Name = "explainWithVersion")]
    [ConsumesFiles("images", alsoRaw: true)]
    [ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
    [ProducesResponseType<ExplanationResponse>(StatusCodes.Status200OK)]
    [FailsWith(
        ErrorCode.ImageTooLarge,
        ErrorCode.ImageUndecodable,
        ErrorCode.InputMismatch,
        ErrorCode.Overloaded,
        ErrorCode.OutOfMemory
    )]
    public async Task<ActionResult> Explain(
        string name,
        [FromRoute] int? version = null,
        [FromQuery] ExplanationMethod method = ExplanationMethod.GradCam,
        [FromQuery] string @class = ExplanationTerms.TopClass,
        [FromQuery] string? layer = null,
        [FromQuery] ExplanationOutput? output = null,
        [FromQuery] ExplanationView view = ExplanationView.Input,
        [FromQuery] bool legend = false,
        [FromQuery, Range(16, 64)] int steps = 32,
        [FromQuery, Range(1, 10_000)] int? window = null,
        [FromQuery, Range(1, 10_000)] int? stride = null,
        [FromQuery] bool faithfulness = false
    )
    {
        var aborted = HttpContext.RequestAborted;
        var requestTerms = RequestTerms.From(Request);
        var form = output ?? (WantsJson(Request) ? ExplanationOutput.Json : ExplanationOutput.Overlay);
        var input = await ExplainRequest.ReadAsync(Request, limits.Value, aborted);
        var terms = new ExplanationTerms(
            method,
            @class,
            layer,
            steps,
            window,
            stride,
            faithfulness,
            form switch
            {
                ExplanationOutput.Overlay => ExplanationPicture.Overlay,
                ExplanationOutput.Heat => ExplanationPicture.Heat,
                _ => ExplanationPicture.None,
            },
            view,
            legend,
            requestTerms.ToPredictionTerms().Timeout
        );
        return (await explanations.ExplainAsync(name, version, input, terms, aborted)).ToActionResult(result =>
            Send(result, form)
        );
    }

    /// <summary>Shows what a layer gives for an image: its feature maps.</summary>
    /// <remarks>The body has one image, in one of the forms of a prediction.</remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="layer">The layer's path. By default the last one before the head that has a spatial size.</param>
    /// <param name="channels">The channels: a number, or a range such as <c>0-15</c>. By default the first 64.</param>
    /// <param name="output">The form of the answer.</param>
    /// <param name="together">Whether all channels have one scale; else each has its own.</param>
    /// <param name="colors">The colours.</param>
    /// <param name="legend">With one scale: whether a bar beside the grid says what the colours mean.</param>
    /// <response code="200">The channels, in the form that was asked for.</response>
    [HttpPost("features", Name = "showFeatures")]
    [HttpPost("versions/{version:int}/features", Name = "showFeaturesOfVersion")]
    [ConsumesFiles("images", alsoRaw: true)]
    [ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
    [ProducesResponseType<FeatureResponse>(StatusCodes.Status200OK)]
    [FailsWith(
        ErrorCode.ImageTooLarge,
        ErrorCode.ImageUndecodable,
        ErrorCode.InputMismatch,
        ErrorCode.Overloaded,
        ErrorCode.OutOfMemory
    )]
    public async Task<ActionResult> Features(
        string name,
        [FromRoute] int? version = null,
        [FromQuery] string? layer = null,
        [FromQuery] string? channels = null,
        [FromQuery] FeatureOutput? output = null,
        [FromQuery] bool together = false,
        [FromQuery] ColorScale colors = ColorScale.Viridis,
        [FromQuery] bool legend = false
    )
    {
        var aborted = HttpContext.RequestAborted;
        var requestTerms = RequestTerms.From(Request);
        var form = output ?? (WantsJson(Request) ? FeatureOutput.Json : FeatureOutput.Grid);
        var terms = FeatureQuery.Read(channels, form, together, colors, legend);
        var input = await ExplainRequest.ReadAsync(Request, limits.Value, aborted);
        terms = terms with { Timeout = requestTerms.ToPredictionTerms().Timeout };
        return (await explanations.ShowFeaturesAsync(name, version, layer, input, terms, aborted)).ToActionResult(
            result => FeatureQuery.Send(this, result, form)
        );
    }

    /// <summary>Shows the filters of a convolution: its weights as pictures.</summary>
    /// <remarks>
    /// Filters over three channels are drawn in colour. Of others, each row is a filter, with its first 16 channels.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="layer" example="0">The convolution's path.</param>
    /// <param name="channels">The filters: a number, or a range such as <c>0-15</c>. By default the first 64.</param>
    /// <param name="output">The form of the answer.</param>
    /// <param name="together">Whether all filters have one scale; else each has its own.</param>
    /// <param name="colors">The colours of filters that are not over three channels.</param>
    /// <param name="legend">With one scale: whether a bar beside the grid says what the colours mean.</param>
    /// <response code="200">The filters, in the form that was asked for.</response>
    [HttpGet("layers/{layer}/filters", Name = "showFilters")]
    [HttpGet("versions/{version:int}/layers/{layer}/filters", Name = "showFiltersOfVersion")]
    [ProducesResponseType<FeatureResponse>(StatusCodes.Status200OK)]
    [FailsWith(ErrorCode.NotFound, ErrorCode.Overloaded, ErrorCode.OutOfMemory)]
    public async Task<ActionResult> Filters(
        string name,
        string layer,
        [FromRoute] int? version = null,
        [FromQuery] string? channels = null,
        [FromQuery] FeatureOutput? output = null,
        [FromQuery] bool together = false,
        [FromQuery] ColorScale colors = ColorScale.Viridis,
        [FromQuery] bool legend = false
    )
    {
        var form = output ?? (WantsJson(Request) ? FeatureOutput.Json : FeatureOutput.Grid);
        var terms = FeatureQuery.Read(channels, form, together, colors, legend);
        var shown = await explanations.ShowFiltersAsync(name, version, layer, terms, HttpContext.RequestAborted);
        return shown.ToActionResult(result => FeatureQuery.Send(this, result, form));
    }

    /// <summary>Whether a client accepts JSON, and no picture.</summary>
    internal static bool WantsJson(HttpRequest request)
    {
        var accepted = string.Join(',', request.Headers.Accept.ToArray());
        return accepted.Contains("application/json", StringComparison.OrdinalIgnoreCase)
            && !accepted.Contains("image/", StringComparison.OrdinalIgnoreCase);
    }

    private ActionResult Send(ExplanationResult result, ExplanationOutput form)
    {
        switch (form)
        {
            case ExplanationOutput.Json:
                return new JsonResult(ExplanationResponse.Create(result));
            case ExplanationOutput.Safetensors:
                var file = NumberFile.Write("map", result.Map, ExplanationResponse.Describe(result));
                return File(file, "application/octet-stream", $"{result.Source.Model}-explanation.safetensors");
            default:
                if (result.Layer is { } layer)
                    Response.Headers["X-Explanation-Layer"] = Uri.EscapeDataString(layer);
                Response.Headers["X-Explanation-Class"] = result.Class.ToString(CultureInfo.InvariantCulture);
                Response.Headers["X-Explanation-Flat"] = result.IsFlat ? "true" : "false";
                return File(result.Picture!, "image/png");
        }
    }
}
