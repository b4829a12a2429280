using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>The groups of operations, one for each controller, in the order in which a newcomer needs them.</summary>
internal sealed class Groups : IDocumentFilter
{
    private static readonly (string Name, string Description)[] All =
    [
        ("Models", "Make a model of a definition and weights; list, change and delete models."),
        ("Predict", "Send photos and get scores."),
        ("Explanations", "See which part of a photo led to a score, and what layers see."),
        ("Versions", "Give a model a new network or new weights, and keep the old."),
        ("Weights", "Check, replace and download weights."),
        ("Datasets", "Labelled images to train and evaluate on: a zip archive with a folder for each class will do."),
        ("DatasetImages", "The images of a data set: upload, list, look at, relabel and remove them."),
        ("Trainings", "Train a model with labelled images: follow it, and get a new version."),
        ("Evaluations", "Measure a version on labelled images: figures, report, comparison of two versions."),
        ("Quantization", "Make a version that computes with 8-bit integers, within a budget."),
        ("Architectures", "The predefined networks, and what a network of your own costs."),
        ("Layers", "The layers of the architecture language."),
        ("Key", "What your key allows."),
        ("Keys", "Make, list and revoke keys, where servers share a database."),
        ("Audit", "See who changed what, where servers share a database."),
        ("Schemas", "JSON Schemas for editors."),
    ];

    /// <summary>The place of an operation's group.</summary>
    public static int IndexOf(ApiDescription api) =>
        Array.FindIndex(All, group => group.Name == api.ActionDescriptor.RouteValues["controller"]);

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) =>
        swaggerDoc.Tags = All.Select(group => new OpenApiTag { Name = group.Name, Description = group.Description })
            .ToHashSet();
}
