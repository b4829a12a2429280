using Microsoft.AspNetCore.Mvc.ModelBinding;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>
/// Reads enums of the query by the names that they have in JSON, in any case. ASP.NET's own binder knows their names in
/// C# only, and takes numbers, too.
/// </summary>
internal sealed class WireEnumBinder : IModelBinder, IModelBinderProvider
{
    public IModelBinder? GetBinder(ModelBinderProviderContext context) =>
        context.Metadata.UnderlyingOrModelType.IsEnum ? this : null;

    public Task BindModelAsync(ModelBindingContext bindingContext)
    {
        var given = bindingContext.ValueProvider.GetValue(bindingContext.ModelName);
        if (given == ValueProviderResult.None)
            return Task.CompletedTask;
        bindingContext.ModelState.SetModelValue(bindingContext.ModelName, given);
        var names = WireNames.Get(bindingContext.ModelMetadata.UnderlyingOrModelType);
        var found = names.FirstOrDefault(name => name.Key.Equals(given.FirstValue, StringComparison.OrdinalIgnoreCase));
        if (found.Key is not null)
            bindingContext.Result = ModelBindingResult.Success(found.Value);
        else
            bindingContext.ModelState.TryAddModelError(bindingContext.ModelName, "It is none of the names.");
        return Task.CompletedTask;
    }
}
