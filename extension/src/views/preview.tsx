/** What a bulk fix would change, line by line. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { identity, place } from '../model';
import type { Preview } from '../subject';

export function previewBody(
  title: string,
  previews: readonly Preview[],
  trans: TranslationBundle
): ReactWidget {
  const widget = ReactWidget.create(
    <div className="mlsec-preview">
      <p>{title}</p>
      <ul aria-label={trans.__('Changes')}>
        {previews.map(({ finding, before, after }) => (
          <li key={identity(finding)}>
            <span className="mlsec-place">{place(finding)}</span>
            <pre>
              {before && <del>{`- ${before}`}</del>}
              {after && <ins>{`+ ${after}`}</ins>}
            </pre>
          </li>
        ))}
      </ul>
    </div>
  );
  widget.addClass('mlsec-preview-body');
  return widget;
}
