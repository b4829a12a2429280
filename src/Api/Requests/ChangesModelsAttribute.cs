using Microsoft.AspNetCore.Mvc.Filters;
using ModelService.Api.Errors;
using ModelService.Models.Registry;

namespace ModelService.Api.Requests;

/// <summary>
/// Marks an action that changes stored models. A server that only reads its models refuses the request before the body
/// is read.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChangesModelsAttribute : Attribute, IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (context.HttpContext.RequestServices.GetRequiredService<ModelCatalog>().Refusal is { } failure)
            context.Result = new FailureResult(failure);
    }

    public void OnResourceExecuted(ResourceExecutedContext context) { }
}
